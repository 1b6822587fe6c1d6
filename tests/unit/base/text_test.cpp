#include "base/text/text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace users {
namespace {

using namespace std::string_view_literals;

// Encodes by the arithmetic of the UTF-8 definition, surrogates included.
std::string Utf8Of(char32_t c) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
  if (c < 0x80) return {static_cast<char>(c)};
  if (c < 0x800) return {static_cast<char>(0xC0 | (c >> 6)), tail(0)};
  if (c < 0x10000) return {static_cast<char>(0xE0 | (c >> 12)), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | (c >> 18)), tail(12), tail(6), tail(0)};
}

TEST(TrimSpaces, RemovesOnlyU0020) {
  EXPECT_EQ(TrimSpaces("  a b  "), "a b");
  EXPECT_EQ(TrimSpaces(""), "");
  EXPECT_EQ(TrimSpaces("   "), "");
  EXPECT_EQ(TrimSpaces("\ta\n"), "\ta\n");
  EXPECT_EQ(TrimSpaces("\xC2\xA0"
                       "a\xE3\x80\x80"),
            "\xC2\xA0"
            "a\xE3\x80\x80");
  EXPECT_EQ(TrimSpaces(" \0 "sv), "\0"sv);
}

TEST(LowerAscii, ChangesOnlyAsciiLetters) {
  EXPECT_EQ(LowerAscii("AZaz09@[`{"), "azaz09@[`{");
  EXPECT_EQ(LowerAscii("\xC3\x84\xC4\xB0"), "\xC3\x84\xC4\xB0");
  EXPECT_TRUE(EqualIgnoringAsciiCase("Host", "hOST"));
  EXPECT_TRUE(EqualIgnoringAsciiCase("", ""));
  EXPECT_FALSE(EqualIgnoringAsciiCase("Host", "Hosts"));
  EXPECT_FALSE(EqualIgnoringAsciiCase("[", "{"));
  EXPECT_FALSE(EqualIgnoringAsciiCase("\xC3\x84", "\xC3\xA4"));
  // The Kelvin sign lower-cases to k in Unicode.
  EXPECT_FALSE(EqualIgnoringAsciiCase("\xE2\x84\xAA", "k"));
}

TEST(CompareIgnoringAsciiCase, OrdersByLowerCaseText) {
  const std::vector<std::string> texts = {"",  "a", "A", "ab",   "aB", "b",
                                          "B", "_", "Z", "\xC3", "x-a"};
  for (const std::string& a : texts) {
    for (const std::string& b : texts) {
      const int order = CompareIgnoringAsciiCase(a, b);
      const int expected = LowerAscii(a).compare(LowerAscii(b));
      EXPECT_EQ(order < 0, expected < 0) << a << " " << b;
      EXPECT_EQ(order == 0, expected == 0) << a << " " << b;
      EXPECT_EQ(EqualIgnoringAsciiCase(a, b), expected == 0) << a << " " << b;
    }
  }
}

TEST(IsValidUtf8, AcceptsWellFormedSequences) {
  for (const std::string_view text : {
           ""sv,
           "a"sv,
           "\0"sv,
           "\x7F"sv,
           "\xC2\x80"sv,
           "\xDF\xBF"sv,
           "\xE0\xA0\x80"sv,
           "\xED\x9F\xBF"sv,
           "\xEE\x80\x80"sv,
           "\xEF\xBF\xBF"sv,
           "\xF0\x90\x80\x80"sv,
           "\xF4\x8F\xBF\xBF"sv,
           "\xEF\xBB\xBFx"sv,
           "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80z"sv,
       }) {
    EXPECT_TRUE(IsValidUtf8(text)) << text;
  }
}

TEST(IsValidUtf8, RejectsSequencesThatUnicodeForbids) {
  for (const std::string_view text : {
           "\x80"sv,
           "\xBF"sv,
           "a\x80"sv,  // a lone continuation byte
           "\xC0\x80"sv,
           "\xC0\xAF"sv,
           "\xC1\xBF"sv,  // overlong, two bytes
           "\xE0\x80\x80"sv,
           "\xE0\x9F\xBF"sv,  // overlong, three
           "\xF0\x80\x80\x80"sv,
           "\xF0\x8F\xBF\xBF"sv,  // overlong, four
           "\xED\xA0\x80"sv,
           "\xED\xBF\xBF"sv,              // surrogates
           "\xED\xA0\xBD\xED\xB8\x80"sv,  // a pair of them (CESU-8)
           "\xF4\x90\x80\x80"sv,
           "\xF5\x80\x80\x80"sv,  // above U+10FFFF
           "\xF8\x88\x80\x80\x80"sv,
           "\xFE"sv,
           "\xFF"sv,
           "\xC3"sv,
           "\xE2\x82"sv,
           "\xF0\x9F\x98"sv,  // truncated
           "\xC3("
           "\xA4"sv,
           "\xE2(\xAC"sv,
           "\xE2\x82("sv,
           "\xF0\x9F\x98("sv,
           "\xC3\xC3\xA4"sv,
           "good\xFFgood"sv,
       }) {
    EXPECT_FALSE(IsValidUtf8(text)) << testing::PrintToString(text);
  }
}

TEST(IsValidUtf8, AcceptsEveryCodePointExceptSurrogates) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    const bool is_surrogate = c >= 0xD800 && c <= 0xDFFF;
    ASSERT_EQ(IsValidUtf8(Utf8Of(c)), !is_surrogate) << static_cast<std::uint32_t>(c);
  }
}

RC_GTEST_PROP(CountCodePoints, CountsCodePoints, ()) {
  const auto points = *rc::gen::container<std::vector<std::uint32_t>>(
      rc::gen::oneOf(rc::gen::inRange<std::uint32_t>(0, 0xD800),
                     rc::gen::inRange<std::uint32_t>(0xE000, 0x110000)));
  std::string text;
  for (const std::uint32_t point : points) text += Utf8Of(point);
  RC_ASSERT(IsValidUtf8(text));
  RC_ASSERT(CountCodePoints(text) == points.size());
}

TEST(HasControlCharacter, DetectsBothRanges) {
  for (char32_t c = 0; c <= 0x2FFF; ++c) {
    const bool is_control = c < 0x20 || (c >= 0x7F && c <= 0x9F);
    ASSERT_EQ(HasControlCharacter(Utf8Of(c)), is_control) << static_cast<std::uint32_t>(c);
    ASSERT_EQ(HasControlCharacter("ab" + Utf8Of(c) + "cd"), is_control);
  }
}

TEST(HasControlCharacter, IgnoresContinuationBytes) {
  EXPECT_FALSE(HasControlCharacter(""));
  EXPECT_FALSE(HasControlCharacter("\xC3\x85\xE2\x80\x82\xF0\x9F\x98\x80"));
  EXPECT_FALSE(HasControlCharacter("\xC2\xA0"));
  EXPECT_TRUE(HasControlCharacter("\xC2\x9F"));
  EXPECT_TRUE(HasControlCharacter("\0"sv));
}

TEST(HexDigitValue, AcceptsBothCases) {
  for (int c = 0; c < 256; ++c) {
    const std::size_t lower = "0123456789abcdef"sv.find(static_cast<char>(c));
    const std::size_t upper = "0123456789ABCDEF"sv.find(static_cast<char>(c));
    const std::size_t value = lower != std::string_view::npos ? lower : upper;
    EXPECT_EQ(HexDigitValue(static_cast<char>(c)),
              value == std::string_view::npos ? -1 : static_cast<int>(value));
  }
}

TEST(Split, ReturnsOnePartMoreThanSeparators) {
  using Parts = std::vector<std::string_view>;
  EXPECT_EQ(Split("", ','), Parts({""}));
  EXPECT_EQ(Split("a", ','), Parts({"a"}));
  EXPECT_EQ(Split(",", ','), Parts({"", ""}));
  EXPECT_EQ(Split("a,,b,", ','), Parts({"a", "", "b", ""}));
}

RC_GTEST_PROP(Split, CanBeUndoneByJoining, ()) {
  const auto text = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab,;")));
  std::string joined;
  bool first = true;
  for (const std::string_view part : Split(text, ',')) {
    RC_ASSERT(part.find(',') == part.npos);
    if (!first) joined += ',';
    first = false;
    joined += part;
  }
  RC_ASSERT(joined == text);
}

}  // namespace
}  // namespace users
