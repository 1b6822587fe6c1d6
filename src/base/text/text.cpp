#include "base/text/text.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace users {
namespace {

// The characters of base 64 and the value of each.
struct Alphabet {
  constexpr explicit Alphabet(std::string_view last_two) {
    std::size_t size = 0;
    const auto add = [&](char first, char last) {
      for (int c = first; c <= last; ++c) characters[size++] = static_cast<char>(c);
    };
    add('A', 'Z');
    add('a', 'z');
    add('0', '9');
    for (const char c : last_two) characters[size++] = c;
    values.fill(kNone);
    for (std::size_t i = 0; i < size; ++i) {
      values[static_cast<unsigned char>(characters[i])] = static_cast<std::uint8_t>(i);
    }
  }

  static constexpr std::uint8_t kNone = 64;
  std::array<char, 64> characters{};
  std::array<std::uint8_t, 256> values{};
};
constexpr Alphabet kBase64("+/");
constexpr Alphabet kBase64Url("-_");

std::string Encode(const Alphabet& alphabet, std::string_view bytes, bool pad) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  unsigned buffer = 0;
  int bits = 0;
  for (const char c : bytes) {
    buffer = (buffer << 8) | static_cast<unsigned char>(c);
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      text.push_back(alphabet.characters[(buffer >> bits) & 63]);
    }
    buffer &= (1U << bits) - 1;
  }
  if (bits > 0) text.push_back(alphabet.characters[(buffer << (6 - bits)) & 63]);
  if (pad) text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

std::optional<std::string> Decode(const Alphabet& alphabet, std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  unsigned buffer = 0;
  int bits = 0;
  for (const char c : text) {
    const std::uint8_t value = alphabet.values[static_cast<unsigned char>(c)];
    if (value == Alphabet::kNone) return std::nullopt;
    buffer = (buffer << 6) | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push_back(static_cast<char>(buffer >> bits));
      buffer &= (1U << bits) - 1;
    }
  }
  if (buffer != 0) return std::nullopt;  // bits that no encoder sets
  return bytes;
}

bool IsContinuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

// The length of the well-formed UTF-8 sequence at the front (Unicode, table 3-7), or 0 if there is
// none.
std::size_t SequenceLength(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  std::size_t length = 0;
  unsigned low = 0x80;
  unsigned high = 0xBF;
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;
  } else {
    return 0;
  }
  if (length > text.size() || byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (!IsContinuation(text[i])) return 0;
  }
  return length;
}

constexpr std::array<bool, 256> kUnreserved = [] {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (const char c : std::string_view("-._~")) table[static_cast<std::size_t>(c)] = true;
  return table;
}();

}  // namespace

std::string_view TrimSpaces(std::string_view text) {
  return TrimIf(text, [](char c) { return c == ' '; });
}

std::string_view TrimWhiteSpace(std::string_view text) {
  return TrimIf(text, [](char c) { return c == ' ' || c == '\t'; });
}

bool IsVisibleAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7F'; });
}

std::string LowerAscii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = LowerAscii(c);
  return lower;
}

bool IsValidUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = SequenceLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string RepairUtf8(std::string_view text) {
  std::string repaired;
  while (!text.empty()) {
    const std::size_t length = SequenceLength(text);
    repaired += length == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return repaired;
}

std::size_t CountCodePoints(std::string_view utf8) {
  std::size_t count = 0;
  for (const char c : utf8) count += IsContinuation(c) ? 0 : 1;
  return count;
}

bool HasControlCharacter(std::string_view utf8) {
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto byte = static_cast<unsigned char>(utf8[i]);
    if (byte < 0x20 || byte == 0x7F) return true;
    // U+0080-009F are the two bytes C2 80 to C2 9F.
    if (byte == 0xC2 && i + 1 < utf8.size() && static_cast<unsigned char>(utf8[i + 1]) < 0xA0) {
      return true;
    }
  }
  return false;
}

int HexDigitValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  while (true) {
    const std::size_t percent = text.find('%');
    decoded += text.substr(0, percent);
    if (percent == text.npos) return decoded;
    text.remove_prefix(percent);
    if (text.size() < 3) return std::nullopt;
    const int high = HexDigitValue(text[1]);
    const int low = HexDigitValue(text[2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded.push_back(static_cast<char>(high * 16 + low));
    text.remove_prefix(3);
  }
}

void AppendPercentEncoded(std::string& out, std::string_view text, bool keep_slash) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::size_t plain = 0;  // text from here on needs no encoding
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (kUnreserved[byte] || (keep_slash && byte == '/')) continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    out.push_back('%');
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  out.append(text, plain);
}

std::string EncodeBase64(std::string_view bytes) {
  return Encode(kBase64, bytes, true);
}

std::optional<std::string> DecodeBase64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  return Decode(kBase64, text);
}

std::string EncodeBase64Url(std::string_view bytes) {
  return Encode(kBase64Url, bytes, false);
}

std::optional<std::string> DecodeBase64Url(std::string_view text) {
  return Decode(kBase64Url, text);
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (PartReader reader(text, separator); const auto part = reader.Next();) parts.push_back(*part);
  return parts;
}

}  // namespace users
