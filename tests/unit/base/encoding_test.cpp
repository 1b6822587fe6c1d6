// Percent encoding and both forms of base 64 (base/text/text.h).
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <string_view>

#include "base/text/text.h"

namespace users {
namespace {

using namespace std::string_view_literals;

std::string Encoded(std::string_view text, bool keep_slash) {
  std::string out;
  AppendPercentEncoded(out, text, keep_slash);
  return out;
}

TEST(PercentDecode, DecodesOnce) {
  EXPECT_EQ(PercentDecode(""), "");
  EXPECT_EQ(PercentDecode("plain"), "plain");
  EXPECT_EQ(PercentDecode("%41%2f%2F%c3%A4"), "A//\xC3\xA4");
  EXPECT_EQ(PercentDecode("%00"), "\0"sv);
  EXPECT_EQ(PercentDecode("%2541"), "%41");
  EXPECT_EQ(PercentDecode("%FF"), "\xFF");
  EXPECT_EQ(PercentDecode("a+b"), "a+b");
}

TEST(PercentDecode, RejectsMalformedSequences) {
  for (const std::string_view text : {"%", "%4", "a%", "a%4", "%zz", "%4z", "%z4", "%%41", "% 41",
                                      "%-1", "%+1", "%0x41", "%u0041", "%41%"}) {
    EXPECT_FALSE(PercentDecode(text)) << text;
  }
  EXPECT_FALSE(
      PercentDecode("%\0"
                    "4"sv));
}

TEST(AppendPercentEncoded, EncodesAllButUnreservedCharacters) {
  constexpr std::string_view kUnreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  for (int c = 0; c < 256; ++c) {
    const std::string one(1, static_cast<char>(c));
    const bool stays = kUnreserved.find(static_cast<char>(c)) != kUnreserved.npos;
    EXPECT_EQ(Encoded(one, false) == one, stays) << c;
    EXPECT_EQ(Encoded(one, true) == one, stays || c == '/') << c;
  }
  EXPECT_EQ(Encoded("\xE1\x88\xB4 /", false), "%E1%88%B4%20%2F");
}

RC_GTEST_PROP(PercentEncoding, RoundTrips, (std::string text, bool keep_slash)) {
  RC_ASSERT(PercentDecode(Encoded(text, keep_slash)) == std::optional(text));
}

TEST(Base64, MatchesRfc4648Vectors) {
  const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                   {"f", "Zg=="},
                                                                   {"fo", "Zm8="},
                                                                   {"foo", "Zm9v"},
                                                                   {"foob", "Zm9vYg=="},
                                                                   {"fooba", "Zm9vYmE="},
                                                                   {"foobar", "Zm9vYmFy"},
                                                                   {"\xFB\xFF\xBF", "+/+/"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(EncodeBase64(bytes), text);
    EXPECT_EQ(DecodeBase64(text), bytes) << text;
  }
}

TEST(DecodeBase64, AcceptsOnlyCanonicalText) {
  for (const std::string_view text : {
           "Zg"sv,       "Zg="sv,      "Zg==="sv,      "Zm8"sv,   "Zm8=="sv,
           "Zm9v="sv,    "Zm9v===="sv, "="sv,          "=="sv,    "===="sv,
           "Z==="sv,     "Z"sv,        "Zm9vY"sv,  // an impossible length
           "Zh=="sv,     "Zm9="sv,                 // bits that no encoder sets
           "-_-_"sv,                               // the other alphabet
           "Zg==Zg=="sv, "Z=g="sv,     "Zm=v"sv,   // padding inside
           "Zm 9"sv,     "Zm9v\n"sv,   "Zm9vYg==\n"sv, " Zm9v"sv, "Zm9v\r\nYmFy"sv,
           "Zm\0v"sv,    "Zm9\xC3"sv,
       }) {
    EXPECT_FALSE(DecodeBase64(text)) << text;
  }
}

RC_GTEST_PROP(Base64, RoundTrips, (std::string bytes)) {
  RC_ASSERT(DecodeBase64(EncodeBase64(bytes)) == std::optional(bytes));
}

RC_GTEST_PROP(DecodeBase64, NeverDecodesTwoTextsAlike, ()) {
  const auto text =
      *rc::gen::container<std::string>(rc::gen::elementOf(std::string("ABYZabyz0189+/==")));
  const auto bytes = DecodeBase64(text);
  if (bytes) RC_ASSERT(EncodeBase64(*bytes) == text);
}

TEST(Base64Url, MatchesRfc4648VectorsWithoutPadding) {
  EXPECT_EQ(EncodeBase64Url(""), "");
  EXPECT_EQ(EncodeBase64Url("f"), "Zg");
  EXPECT_EQ(EncodeBase64Url("fo"), "Zm8");
  EXPECT_EQ(EncodeBase64Url("foo"), "Zm9v");
  EXPECT_EQ(EncodeBase64Url("foob"), "Zm9vYg");
  EXPECT_EQ(EncodeBase64Url("fooba"), "Zm9vYmE");
  EXPECT_EQ(EncodeBase64Url("foobar"), "Zm9vYmFy");
  EXPECT_EQ(EncodeBase64Url("\xFB\xFF\xBF"), "-_-_");
}

TEST(DecodeBase64Url, AcceptsOnlyCanonicalText) {
  EXPECT_EQ(DecodeBase64Url(""), "");
  for (const std::string_view text : {
           "Zg=="sv,
           "Zm8="sv,  // padding
           "Z"sv,
           "Zm9vY"sv,  // an impossible length
           "Zh"sv,
           "Zm9"sv,   // bits that no encoder sets
           "+/+/"sv,  // the other alphabet
           "Zm 9"sv,
           "Zm9v\n"sv,
           " Zm9v"sv,
           "Zm\0v"sv,
           "Zm9\xC3\xA4"sv,
       }) {
    EXPECT_FALSE(DecodeBase64Url(text)) << text;
  }
}

RC_GTEST_PROP(Base64Url, RoundTrips, (std::string bytes)) {
  RC_ASSERT(DecodeBase64Url(EncodeBase64Url(bytes)) == std::optional(bytes));
}

RC_GTEST_PROP(DecodeBase64Url, NeverDecodesTwoTextsAlike, ()) {
  const auto text =
      *rc::gen::container<std::string>(rc::gen::elementOf(std::string("ABYZabyz0189-_")));
  const auto bytes = DecodeBase64Url(text);
  if (bytes) RC_ASSERT(EncodeBase64Url(*bytes) == text);
}

}  // namespace
}  // namespace users
