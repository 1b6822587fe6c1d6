#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text/text.h"
#include "fuzz.h"

// Slow and simple reference implementations of what our file parsers compute.
namespace users::fuzz {

// Splits valid UTF-8 into code points, each as its own text.
inline std::vector<std::string_view> CodePoints(std::string_view text) {
  std::vector<std::string_view> points;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
    points.push_back(text.substr(i, end - i));
    i = end;
  }
  return points;
}

// Matches IAM's `*` and `?` with a table of all prefixes.
inline bool MatchesByTable(std::string_view pattern_text, std::string_view text_text) {
  const auto pattern = CodePoints(pattern_text);
  const auto text = CodePoints(text_text);
  std::vector<bool> row(text.size() + 1, false);
  row[0] = true;
  for (const std::string_view p : pattern) {
    std::vector<bool> next(text.size() + 1, false);
    next[0] = row[0] && p == "*";
    for (std::size_t t = 1; t <= text.size(); ++t) {
      next[t] = p == "*" ? next[t - 1] || row[t] : row[t - 1] && (p == "?" || p == text[t - 1]);
    }
    row = std::move(next);
  }
  return row.back();
}

// Returns whether the text matches the pattern, or one pattern of the list.
inline bool AnyMatchesByTable(const boost::json::value& patterns, std::string_view text) {
  if (const auto* pattern = patterns.if_string()) return MatchesByTable(*pattern, text);
  for (const boost::json::value& pattern : patterns.as_array()) {
    if (MatchesByTable(pattern.as_string(), text)) return true;
  }
  return false;
}

// Returns the file with an additional member in its root object.
inline std::string WithUnknownMember(std::string_view file) {
  std::string with(file);
  return with.insert(with.find('{') + 1, R"("unknown":1,)");
}

// Messages for operators are one line without control characters.
inline void CheckOneLine(std::string_view line) {
  PROMISE(!line.empty());
  for (const char c : line) PROMISE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
  PROMISE(!IsValidUtf8(line) || !HasControlCharacter(line));
}

}  // namespace users::fuzz
