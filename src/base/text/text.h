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

// Rules about text that the contract uses in several places. All functions are pure and
// thread-safe.

// Removes leading and trailing characters for which `dropped(c)` is true.
template <class Dropped>
std::string_view TrimIf(std::string_view text, Dropped dropped) {
  while (!text.empty() && dropped(text.front())) text.remove_prefix(1);
  while (!text.empty() && dropped(text.back())) text.remove_suffix(1);
  return text;
}

// Removes leading and trailing U+0020, and nothing else.
std::string_view TrimSpaces(std::string_view text);

// Removes leading and trailing spaces and tabs, HTTP's optional white space (RFC 9110, section
// 5.6.3).
std::string_view TrimWhiteSpace(std::string_view text);

// Replaces A-Z by a-z and keeps every other byte.
std::string LowerAscii(std::string_view text);
inline char LowerAscii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
// Compares the lower-cased texts byte by byte. Returns a negative number, 0 or a positive number.
inline int CompareIgnoringAsciiCase(std::string_view a, std::string_view b) {
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    const int difference =
        static_cast<unsigned char>(LowerAscii(a[i])) - static_cast<unsigned char>(LowerAscii(b[i]));
    if (difference != 0) return difference;
  }
  return a.size() < b.size() ? -1 : static_cast<int>(a.size() > b.size());
}
// Returns whether the lower-cased texts are equal.
inline bool EqualIgnoringAsciiCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (LowerAscii(a[i]) != LowerAscii(b[i])) return false;
  }
  return true;
}

// Returns whether the text is valid UTF-8.
bool IsValidUtf8(std::string_view text);
// Returns the text with U+FFFD in place of each byte that is not part of a valid character.
std::string RepairUtf8(std::string_view text);

// Returns the number of code points of valid UTF-8.
std::size_t CountCodePoints(std::string_view utf8);

// Returns whether valid UTF-8 contains U+0000-001F or U+007F-009F.
bool HasControlCharacter(std::string_view utf8);

// Percent-decodes once. Returns nothing if a `%` is not followed by two hexadecimal digits. `+`
// stays a plus.
std::optional<std::string> PercentDecode(std::string_view text);

// Percent-encodes every byte except A-Z a-z 0-9 - . _ ~ and, if `keep_slash`, `/` (as SigV4 does).
void AppendPercentEncoded(std::string& out, std::string_view text, bool keep_slash);

// Parses the whole text as a number, with the rules of std::from_chars: no spaces, no plus sign.
// Returns nothing if the text is not a number or does not fit.
template <class Number>
std::optional<Number> ParseNumber(std::string_view text) {
  Number number{};
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

// Returns whether all characters are from U+0021 to U+007E.
bool IsVisibleAscii(std::string_view text);

// Returns the value of a hexadecimal digit of either case, or -1 for any other character.
int HexDigitValue(char c);

// Base 64 with padding (RFC 4648, section 4) and base 64 for URLs without padding (section 5). The
// decoders accept only canonical text.
std::string EncodeBase64(std::string_view bytes);
std::optional<std::string> DecodeBase64(std::string_view text);
std::string EncodeBase64Url(std::string_view bytes);
std::optional<std::string> DecodeBase64Url(std::string_view text);

// Reads the parts between separators, one after another. An empty text has one empty part. The text
// must outlive the reader. Not thread-safe.
//   for (PartReader parts(text, ','); const auto part = parts.Next();) ...
class PartReader {
 public:
  // Reads `text` from its beginning.
  PartReader(std::string_view text, char separator) : rest_(text), separator_(separator) {}
  // Returns the next part, or nothing after the last one.
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

// Returns all parts at once.
std::vector<std::string_view> Split(std::string_view text, char separator);

}  // namespace users
