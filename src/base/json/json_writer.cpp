#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/json/json.h"
#include "base/text/text.h"

namespace users::json {
namespace {

bool IsEscaped(unsigned char byte) {
  return byte < 0x20 || byte == '"' || byte == '\\';
}

// Checks eight bytes at once, each in its part of one number. A borrow can mark one byte too many,
// but only above a byte that is marked correctly.
bool EightNeedNoEscape(const char* bytes) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  std::uint64_t eight = 0;
  std::memcpy(&eight, bytes, sizeof eight);
  const auto below = [](std::uint64_t parts, std::uint64_t limit) {
    return (parts - kOnes * limit) & ~parts;
  };
  const std::uint64_t marked =
      below(eight, 0x20) | below(eight ^ kOnes * '"', 1) | below(eight ^ kOnes * '\\', 1);
  return (marked & kOnes * 0x80) == 0;
}

bool IsAscii(std::string_view text) {
  std::uint64_t all = 0;
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data() + at, sizeof eight);
    all |= eight;
  }
  for (; at < text.size(); ++at) all |= static_cast<unsigned char>(text[at]);
  return (all & 0x8080808080808080) == 0;
}

bool NeedsNoEscape(std::string_view text) {
  if (text.size() < 8) return std::none_of(text.begin(), text.end(), IsEscaped);
  for (std::size_t at = 0; at + 8 < text.size(); at += 8) {
    if (!EightNeedNoEscape(text.data() + at)) return false;
  }
  return EightNeedNoEscape(text.data() + text.size() - 8);
}

}  // namespace

void AppendString(std::string& out, std::string_view utf8) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  if (!IsAscii(utf8) && !IsValidUtf8(utf8)) return AppendString(out, RepairUtf8(utf8));
  out.push_back('"');
  if (NeedsNoEscape(utf8)) {
    out.append(utf8);
    out.push_back('"');
    return;
  }
  std::size_t plain = 0;  // the text from here on needs no escape
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto byte = static_cast<unsigned char>(utf8[i]);
    if (!IsEscaped(byte)) continue;
    out.append(utf8, plain, i - plain);
    plain = i + 1;
    out.push_back('\\');
    switch (byte) {
      case '"':
      case '\\':
        out.push_back(static_cast<char>(byte));
        break;
      case '\b':
        out.push_back('b');
        break;
      case '\t':
        out.push_back('t');
        break;
      case '\n':
        out.push_back('n');
        break;
      case '\f':
        out.push_back('f');
        break;
      case '\r':
        out.push_back('r');
        break;
      default:
        out += "u00";
        out.push_back(kDigits[byte >> 4]);
        out.push_back(kDigits[byte & 15]);
    }
  }
  out.append(utf8, plain);
  out.push_back('"');
}

void AppendStringArray(std::string& out, const std::vector<std::string>& values) {
  out.push_back('[');
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out.push_back(',');
    AppendString(out, values[i]);
  }
  out.push_back(']');
}

}  // namespace users::json
