#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace users {

// Rules about text that the contract uses in several places. All functions are pure.

// Leading and trailing U+0020 removed, nothing else.
std::string_view TrimSpaces(std::string_view text);

// A-Z become a-z; every other byte stays.
std::string LowerAscii(std::string_view text);
inline char LowerAscii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
bool EqualIgnoringAsciiCase(std::string_view a, std::string_view b);

bool IsValidUtf8(std::string_view text);

// The number of code points of valid UTF-8.
std::size_t CountCodePoints(std::string_view utf8);

// Whether valid UTF-8 holds U+0000-001F or U+007F-009F.
bool HasControlCharacter(std::string_view utf8);

// Percent-decodes once; nothing if a `%` is not followed by two hexadecimal digits. `+` is a plus.
std::optional<std::string> PercentDecode(std::string_view text);

// Percent-encodes every byte but A-Z a-z 0-9 - . _ ~ and, where asked for, `/` (as SigV4 does).
void AppendPercentEncoded(std::string& out, std::string_view text, bool keep_slash);

// The value of a hexadecimal digit of either case, -1 for any other character.
int HexDigitValue(char c);

// RFC 4648, section 5, without padding. The reader takes canonical text only.
std::string EncodeBase64Url(std::string_view bytes);
std::optional<std::string> DecodeBase64Url(std::string_view text);

// The parts between separators; one empty part for an empty text.
std::vector<std::string_view> Split(std::string_view text, char separator);

}  // namespace users
