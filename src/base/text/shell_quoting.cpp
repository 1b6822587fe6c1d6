#include "base/text/shell_quoting.h"

#include "base/text/text.h"

namespace users {
namespace {

std::string InSingleQuotes(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

// Returns a printf command for the text, because JSON cannot carry bytes that are not UTF-8.
std::string MadeByPrintf(std::string_view text) {
  std::string format;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool looks_like_an_option = c == '-' && format.empty();
    if (byte >= 0x80 || looks_like_an_option) {
      for (const int shift : {6, 3, 0}) {
        if (shift == 6) format += '\\';
        format += static_cast<char>('0' + ((byte >> shift) & 7));
      }
    } else if (c == '%' || c == '\\') {
      format += c;
      format += c;
    } else {
      format += c;
    }
  }
  return "\"$(printf " + InSingleQuotes(format) + ")\"";
}

}  // namespace

std::string ShellQuoted(std::string_view text) {
  const bool plain = text.find_first_not_of(
                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                         "0123456789/._-+=@:") == text.npos;
  if (plain && !text.empty()) return std::string(text);
  return IsValidUtf8(text) ? InSingleQuotes(text) : MadeByPrintf(text);
}

}  // namespace users
