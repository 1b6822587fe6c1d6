#pragma once

#include <charconv>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace users {

// Rules about text that the contract uses in several places. All functions are pure.

// Leading and trailing characters removed that are `dropped(c)`.
template <class Dropped>
std::string_view TrimIf(std::string_view text, Dropped dropped) {
  while (!text.empty() && dropped(text.front())) text.remove_prefix(1);
  while (!text.empty() && dropped(text.back())) text.remove_suffix(1);
  return text;
}

// Leading and trailing U+0020 removed, nothing else.
std::string_view TrimSpaces(std::string_view text);

// A-Z become a-z; every other byte stays.
std::string LowerAscii(std::string_view text);
inline char LowerAscii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
// Negative, 0 or positive, as the texts in lower case stand to each other, byte by byte.
inline int CompareIgnoringAsciiCase(std::string_view a, std::string_view b) {
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    const int difference =
        static_cast<unsigned char>(LowerAscii(a[i])) - static_cast<unsigned char>(LowerAscii(b[i]));
    if (difference != 0) return difference;
  }
  return a.size() < b.size() ? -1 : static_cast<int>(a.size() > b.size());
}
inline bool EqualIgnoringAsciiCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (LowerAscii(a[i]) != LowerAscii(b[i])) return false;
  }
  return true;
}

bool IsValidUtf8(std::string_view text);
// The text with U+FFFD in place of each byte that belongs to no valid character.
std::string RepairUtf8(std::string_view text);

// The number of code points of valid UTF-8.
std::size_t CountCodePoints(std::string_view utf8);

// Whether valid UTF-8 holds U+0000-001F or U+007F-009F.
bool HasControlCharacter(std::string_view utf8);

// Percent-decodes once; nothing if a `%` is not followed by two hexadecimal digits. `+` is a plus.
std::optional<std::string> PercentDecode(std::string_view text);

// Percent-encodes every byte but A-Z a-z 0-9 - . _ ~ and, where asked for, `/` (as SigV4 does).
void AppendPercentEncoded(std::string& out, std::string_view text, bool keep_slash);

// The number that is the whole text, as std::from_chars reads it: no spaces, no plus sign. Nothing
// if it is none or does not fit.
template <class Number>
std::optional<Number> ParseNumber(std::string_view text) {
  Number number{};
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

// Whether all characters are of U+0021-007E.
bool IsVisibleAscii(std::string_view text);

// The value of a hexadecimal digit of either case, -1 for any other character.
int HexDigitValue(char c);

// RFC 4648, section 4, with padding, and section 5, without. The readers take canonical text only.
std::string EncodeBase64(std::string_view bytes);
std::optional<std::string> DecodeBase64(std::string_view text);
std::string EncodeBase64Url(std::string_view bytes);
std::optional<std::string> DecodeBase64Url(std::string_view text);

// The parts between separators, one after the other; one empty part for an empty text.
//   for (PartReader parts(text, ','); const auto part = parts.Next();) ...
class PartReader {
 public:
  PartReader(std::string_view text, char separator) : rest_(text), separator_(separator) {}
  // Nothing after the last part.
  std::optional<std::string_view> Next() {
    if (!rest_) return std::nullopt;
    const std::size_t at = rest_->find(separator_);
    const std::string_view part = rest_->substr(0, at);
    if (at == std::string_view::npos) {
      rest_.reset();
    } else {
      rest_->remove_prefix(at + 1);
    }
    return part;
  }

 private:
  std::optional<std::string_view> rest_;
  char separator_;
};

// All of them at once.
std::vector<std::string_view> Split(std::string_view text, char separator);

}  // namespace users
