#include "base/text/wildcard.h"

#include <cstddef>

namespace users {
namespace {

// The start of the next code point. A byte that is not part of a code point counts as one.
std::size_t After(std::string_view text, std::size_t at) {
  ++at;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
  return at;
}

// The part of a pattern after its last wildcard must match the end of the text. This check rules
// out most patterns of a policy without a search.
bool EndsDiffer(std::string_view pattern, std::string_view text) {
  std::size_t p = pattern.size();
  std::size_t t = text.size();
  while (p > 0 && pattern[p - 1] != '*' && pattern[p - 1] != '?') {
    if (t == 0 || pattern[--p] != text[--t]) return true;
  }
  return false;
}

}  // namespace

bool MatchesWildcard(std::string_view pattern, std::string_view text) {
  if (EndsDiffer(pattern, text)) return false;
  constexpr std::size_t kNone = std::string_view::npos;
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = kNone;       // the last `*` seen in the pattern
  std::size_t star_text = kNone;  // end of the text that this `*` has matched
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      if (p == pattern.size()) return true;
      star_text = t;
    } else if (p < pattern.size() && pattern[p] == '?') {
      ++p;
      t = After(text, t);
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != kNone) {
      // Extend the match of the last `*` by one character. Earlier ones need not move.
      p = star + 1;
      star_text = After(text, star_text);
      t = star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace users
