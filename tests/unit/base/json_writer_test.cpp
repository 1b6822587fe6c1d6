// AppendString, AppendStringArray and ObjectWriter.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json/json.h"

namespace users::json {
namespace {

using namespace std::string_view_literals;

std::string Quoted(std::string_view text) {
  std::string out;
  AppendString(out, text);
  return out;
}

std::string Escaped(char c) {
  static const std::map<char, std::string> kShort = {{'"', "\\\""}, {'\\', "\\\\"}, {'\b', "\\b"},
                                                     {'\t', "\\t"}, {'\n', "\\n"},  {'\f', "\\f"},
                                                     {'\r', "\\r"}};
  if (const auto found = kShort.find(c); found != kShort.end()) return found->second;
  if (c < 0 || c >= 0x20) return std::string(1, c);
  constexpr std::string_view kDigits = "0123456789abcdef";
  return std::string("\\u00") + kDigits[static_cast<std::size_t>(c >> 4)] +
         kDigits[static_cast<std::size_t>(c & 15)];
}

TEST(AppendString, EscapesExactlyWhatRfc8785Requires) {
  EXPECT_EQ(Quoted(""), R"("")");
  EXPECT_EQ(Quoted("plain"), R"("plain")");
  EXPECT_EQ(Quoted("\b\t\n\f\r"), R"("\b\t\n\f\r")");
  EXPECT_EQ(Quoted("\"\\/"), R"("\"\\/")");
  EXPECT_EQ(Quoted("\0\x01\x0B\x1F"sv), R"("\u0000\u0001\u000b\u001f")");
  EXPECT_EQ(Quoted("\x7F<>&'"), "\"\x7F<>&'\"");
  EXPECT_EQ(Quoted("\xC2\x80\xE2\x80\xA8\xF0\x9F\x98\x80"),
            "\"\xC2\x80\xE2\x80\xA8\xF0\x9F\x98\x80\"");
  EXPECT_EQ(Quoted("a\nb\"c"), R"("a\nb\"c")");
}

// The writer checks several bytes at once. Any of them may need an escape, after any others.
TEST(AppendString, ChecksEveryByte) {
  for (const std::string other :
       {"a", "!", "#", "[", "]", " ", "\x7F", "\xC2\x80", "\xF4\x8F\xBF\xBF"}) {
    std::string before;
    std::string after;
    for (int i = 0; i < 20; ++i) after += other;
    for (int at = 0; at < 20; ++at) {
      after.erase(0, other.size());
      for (int byte = 0; byte < 128; ++byte) {
        const char c = static_cast<char>(byte);
        ASSERT_EQ(Quoted(before + c + after), "\"" + before + Escaped(c) + after + "\"")
            << at << " " << byte;
      }
      before += other;
    }
  }
}

// Paths and arguments can contain any bytes. A log line must still be valid JSON.
TEST(AppendString, ReplacesInvalidUtf8) {
  EXPECT_EQ(Quoted("/data/\xFF\xFE"), "\"/data/\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(Quoted("\xC3\xA4\xC3\"\n"), "\"\xC3\xA4\xEF\xBF\xBD\\\"\\n\"");
  EXPECT_EQ(Quoted("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(Quoted("\xC3\xA4 as it is"), "\"\xC3\xA4 as it is\"");
}

RC_GTEST_PROP(AppendString, WritesValidJsonForAnyBytes, ()) {
  const auto bytes = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
  RC_ASSERT(Parse(Quoted(bytes)).ok());
}

TEST(AppendString, AppendsToExistingText) {
  std::string out = "x";
  AppendString(out, "y");
  EXPECT_EQ(out, "x\"y\"");
}

RC_GTEST_PROP(AppendString, RoundTripsThroughParse, ()) {
  // Pieces of every UTF-8 length, and every character that needs an escape.
  const auto piece = rc::gen::oneOf(
      rc::gen::map(rc::gen::inRange(0, 128),
                   [](int c) { return std::string(1, static_cast<char>(c)); }),
      rc::gen::elementOf(std::vector<std::string>{"\xC2\x80", "\xC3\xA4", "\xE2\x80\xA8",
                                                  "\xEF\xBF\xBF", "\xF0\x9F\x98\x80", "\"", "\\"}));
  std::string text;
  for (const std::string& part : *rc::gen::container<std::vector<std::string>>(piece)) text += part;
  const auto parsed = Parse(Quoted(text));
  RC_ASSERT(parsed.ok());
  RC_ASSERT(std::string_view(parsed->value.as_string()) == text);
}

TEST(AppendStringArray, SeparatesByCommas) {
  std::string out;
  AppendStringArray(out, {});
  AppendStringArray(out, {"a"});
  AppendStringArray(out, {"a", "b\"", ""});
  EXPECT_EQ(out, R"([]["a"]["a","b\"",""])");
}

TEST(ObjectWriter, WritesMembersInCallOrder) {
  std::string out;
  ObjectWriter writer(out);
  writer.String("s", "a\"b");
  writer.Number("n", -9'223'372'036'854'775'807 - 1);
  writer.Bool("t", true);
  writer.Bool("f", false);
  writer.Raw("r", "[1]");
  writer.Name("x");
  out += "null";
  writer.Close();
  EXPECT_EQ(out, R"({"s":"a\"b","n":-9223372036854775808,"t":true,"f":false,"r":[1],"x":null})");
}

TEST(ObjectWriter, WritesTimesAsFormatTimestampDoes) {
  const Timestamp time(std::chrono::milliseconds(1'795'381'775'123));
  std::string out;
  ObjectWriter writer(out);
  writer.Time("at", time);
  writer.Time("again", time);
  writer.Close();
  EXPECT_EQ(out, "{\"at\":\"" + FormatTimestamp(time) + "\",\"again\":\"" + FormatTimestamp(time) +
                     "\"}");
}

TEST(ObjectWriter, WritesAnEmptyObject) {
  std::string out;
  ObjectWriter writer(out);
  writer.Close();
  EXPECT_EQ(out, "{}");
}

}  // namespace
}  // namespace users::json
