#include "base/text/wildcard.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <string_view>

namespace users {
namespace {

using namespace std::string_view_literals;

// The definition taken literally, one UTF-32 character at a time.
bool NaiveMatch(std::u32string_view pattern, std::u32string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == U'*') {
    return NaiveMatch(pattern.substr(1), text) ||
           (!text.empty() && NaiveMatch(pattern, text.substr(1)));
  }
  return !text.empty() && (pattern[0] == U'?' || pattern[0] == text[0]) &&
         NaiveMatch(pattern.substr(1), text.substr(1));
}

// Encodes only the few characters that the property tests use.
std::string Utf8Of(std::u32string_view text) {
  std::string utf8;
  for (const char32_t c : text) {
    if (c < 0x80) {
      utf8 += static_cast<char>(c);
    } else {
      utf8 += c == U'ä'   ? "\xC3\xA4"
              : c == U'ö' ? "\xC3\xB6"
              : c == U'€' ? "\xE2\x82\xAC"
                          : "\xF0\x9F\x98\x80";
    }
  }
  return utf8;
}

struct Case {
  std::string_view pattern;
  std::string_view text;
  bool matches;
};

TEST(MatchesWildcard, FollowsIam) {
  const Case cases[] = {
      {"", "", true},
      {"", "a", false},
      {"a", "", false},
      {"*", "", true},
      {"*", "a/b:c", true},
      {"**", "", true},
      {"?", "", false},
      {"?", "a", true},
      {"?", "ab", false},
      {"a", "A", false},
      {"*a", "ba", true},
      {"*a", "ab", false},
      {"a*b*c", "a/x/b::c", true},
      {"a*b*c", "a/x/c::b", false},
      {"*?", "", false},
      {"?*", "x", true},
      {"*aab", "aaab", true},
      {"a*a", "a", false},
      {"a*?a", "aba", true},
      {"arn:aws:execute-api:*:*:*/*/*", "arn:aws:execute-api:us-east-1:1:users/local/GET/users",
       true},
      {"arn:aws:execute-api:*:*:*/*/DELETE/users/*/roles/admin",
       "arn:aws:execute-api:us-east-1:1:users/local/DELETE/users/01A/roles/admin", true},
      {"arn:aws:execute-api:*:*:*/*/DELETE/users/*/roles/admin",
       "arn:aws:execute-api:us-east-1:1:users/local/DELETE/users/01A/roles/administrator", false},
      // `*` and `?` in the text are plain characters.
      {"a", "*", false},
      {"\\*", "*", false},
      {"*", "*", true},
      {"?", "?", true},
      {"[ab]", "a", false},
      // One `?` is one code point.
      {"?", "\xC3\xA4", true},
      {"?", "\xF0\x9F\x98\x80", true},
      {"??", "\xC3\xA4", false},
      {"a?c",
       "a\xE2\x82\xAC"
       "c",
       true},
      {"*?", "\xC3\xA4", true},
      {"a\0b"sv, "a\0b"sv, true},
      {"a\0b"sv, "a\0c"sv, false},
      {"a*"sv, "a\0\n\xFF"sv, true},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(MatchesWildcard(test.pattern, test.text), test.matches)
        << test.pattern << " on " << test.text;
  }
}

RC_GTEST_PROP(MatchesWildcard, AgreesWithTheDefinition, ()) {
  const auto pattern = *rc::gen::resize(
      10, rc::gen::container<std::u32string>(rc::gen::elementOf(std::u32string(U"ab*?*?äö€"))));
  const auto text = *rc::gen::resize(
      10, rc::gen::container<std::u32string>(rc::gen::elementOf(std::u32string(U"aabbäö€😀"))));
  RC_ASSERT(MatchesWildcard(Utf8Of(pattern), Utf8Of(text)) == NaiveMatch(pattern, text));
}

// Derives the pattern from the text: each character stays, becomes `?` or becomes `*`.
RC_GTEST_PROP(MatchesWildcard, MatchesPatternsDerivedFromTheText, ()) {
  const auto text = *rc::gen::resize(
      12, rc::gen::container<std::u32string>(rc::gen::elementOf(std::u32string(U"abä€"))));
  std::u32string pattern;
  for (const char32_t c : text) {
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        pattern += U'?';
        break;
      case 1:
        pattern += U'*';
        break;
      default:
        pattern += c;
    }
  }
  RC_ASSERT(MatchesWildcard(Utf8Of(pattern), Utf8Of(text)));
}

RC_GTEST_PROP(MatchesWildcard, HandlesAnyBytes, (std::string pattern, std::string text)) {
  MatchesWildcard(pattern, text);
  RC_ASSERT(MatchesWildcard("*", text));
}

// A matcher that backtracks exponentially would never finish these.
TEST(MatchesWildcard, FinishesWithPathologicalPatterns) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "a*";
  const std::string text(2000, 'a');
  EXPECT_TRUE(MatchesWildcard(pattern, text));
  EXPECT_FALSE(MatchesWildcard(pattern + "b", text));
  std::string questions;
  for (int i = 0; i < 200; ++i) questions += "*?";
  EXPECT_TRUE(MatchesWildcard(questions, text));
  EXPECT_FALSE(MatchesWildcard(questions + "b", text));
  EXPECT_FALSE(MatchesWildcard(std::string(2000, '*') + "b", text));
}

}  // namespace
}  // namespace users
