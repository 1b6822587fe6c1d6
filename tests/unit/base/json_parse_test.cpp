// json::Parse and json::ParseFile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/json/json.h"
#include "base/text/text.h"

namespace users::json {
namespace {

using namespace std::string_view_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string Nested(std::size_t depth, char open, char close) {
  return std::string(depth, open) + std::string(depth, close);
}

TEST(Parse, ReadsEveryKindOfValue) {
  const auto parsed = Parse(
      " {\"null\":null,\"yes\":true,\"no\":false,\"n\":-12,\"u\":18446744073709551615,\"d\":1.5e3,"
      "\"s\":\"\\u00e4\\ud83d\\ude00\\n\\/\",\"a\":[1,[2],{}],\"\":\"empty name\"}\r\n\t ");
  ASSERT_TRUE(parsed.ok());
  EXPECT_THAT(parsed->repeated, IsEmpty());
  const bj::object& object = parsed->value.as_object();
  EXPECT_TRUE(object.at("null").is_null());
  EXPECT_TRUE(object.at("yes").as_bool());
  EXPECT_FALSE(object.at("no").as_bool());
  EXPECT_EQ(object.at("n").as_int64(), -12);
  EXPECT_EQ(object.at("u").as_uint64(), 18446744073709551615U);
  EXPECT_EQ(object.at("d").as_double(), 1500.0);
  EXPECT_EQ(object.at("s").as_string(), "\xC3\xA4\xF0\x9F\x98\x80\n/");
  EXPECT_EQ(object.at("a").as_array().size(), 3U);
  EXPECT_EQ(object.at("").as_string(), "empty name");
}

TEST(Parse, AcceptsAnyRootValue) {
  for (const std::string_view text : {"null", "true", "0", "-0", "1e5", "\"\"", "[]", "{}"}) {
    EXPECT_TRUE(Parse(text).ok()) << text;
  }
}

TEST(Parse, RejectsInvalidJson) {
  for (const std::string_view text : {
           ""sv,
           " "sv,
           "\0"sv,
           "\xEF\xBB\xBF{}"sv,  // a byte order mark
           "{"sv,
           "}"sv,
           "{\"a\"}"sv,
           "{\"a\":}"sv,
           "{a:1}"sv,
           "{'a':1}"sv,
           "{\"a\":1,}"sv,
           "{\"a\" 1}"sv,
           "{\"a\":1 \"b\":2}"sv,
           "{1:1}"sv,
           "[1,]"sv,
           "[,1]"sv,
           "[1 2]"sv,
           "[1"sv,
           "\"a"sv,
           "\""sv,
           "'a'"sv,
           "nul"sv,
           "True"sv,
           "NULL"sv,
           "undefined"sv,
           "NaN"sv,
           "Infinity"sv,
           "-Infinity"sv,
           "01"sv,
           "+1"sv,
           "1."sv,
           ".5"sv,
           "1e"sv,
           "1e+"sv,
           "--1"sv,
           "-"sv,
           "0x10"sv,
           "1_000"sv,
           "// c\n{}"sv,
           "/* c */{}"sv,
           "{}// c"sv,
           "{/**/}"sv,  // comments
           "{} x"sv,
           "{}{}"sv,
           "{},"sv,
           "1 1"sv,
           "null null"sv,
           "{}\0"sv,
           "[]]"sv,  // trailing
           "\"\t\""sv,
           "\"\n\""sv,
           "\"\0\""sv,
           "\"\x1F\""sv,  // raw control characters
           "\"\\x\""sv,
           "\"\\u12\""sv,
           "\"\\u12g4\""sv,
           "\"\\\""sv,
           "\"\\U0041\""sv,
           "\"\\'\""sv,
           "{\v}"sv,
           "{\f}"sv,
           "{\xC2\xA0}"sv,
           "{\xE2\x80\xA8}"sv,  // whitespace outside JSON
       }) {
    const auto parsed = Parse(text);
    ASSERT_FALSE(parsed.ok()) << testing::PrintToString(text);
    EXPECT_FALSE(parsed.error().message.empty()) << testing::PrintToString(text);
    EXPECT_LE(parsed.error().offset, text.size()) << testing::PrintToString(text);
    const auto file = ParseFile(text);
    ASSERT_FALSE(file.ok()) << testing::PrintToString(text);
    EXPECT_EQ(file.error().code, ErrorCode::kValidation);
    ASSERT_EQ(file.error().fields.size(), 1U);
    EXPECT_EQ(file.error().fields[0].field, "the file");
    EXPECT_THAT(file.error().fields[0].message, HasSubstr("is not valid JSON"));
  }
}

// Then the reader of the field reports the fault, such as a number where a string is expected.
TEST(Parse, ReadsOutOfRangeNumbersAsTheLargestDouble) {
  constexpr double kGreatest = std::numeric_limits<double>::max();
  const auto number = [](std::string_view text) {
    const auto parsed = Parse(text);
    EXPECT_TRUE(parsed.ok()) << text;
    return parsed.ok() && parsed->value.is_double() ? parsed->value.get_double() : -1;
  };
  const std::string many_digits = "1" + std::string(400, '0') + ".0";
  for (const std::string_view text :
       {"1e309"sv, "1e400"sv, "1E+999"sv, "1e2147483648"sv, "12.5e99999999999999999999"sv,
        "1e00000000000000000400"sv, std::string_view(many_digits)}) {
    EXPECT_EQ(number(text), kGreatest) << text;
    EXPECT_EQ(number("-" + std::string(text)), -kGreatest) << text;
  }
  for (const std::string_view text :
       {"1e-400"sv, "1e-99999999999999999999"sv, "0e99999999999999999999"sv, "0.0e400"sv}) {
    EXPECT_EQ(number(text), 0.0) << text;
  }
  EXPECT_EQ(number("1.5e00000000000000000001"), 15.0);
  const auto parsed = Parse(R"({"a":"1e99999999999999999999 \\","b":[1e99999999999999999999]})");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->value.at("a").as_string(), "1e99999999999999999999 \\");
  EXPECT_EQ(parsed->value.at("b").at(0).as_double(), kGreatest);
}

TEST(Parse, NamesAByteOrderMark) {
  for (const std::string_view text : {"\xEF\xBB\xBF{}"sv, "\xEF\xBB\xBF"sv}) {
    EXPECT_THAT(ParseFile(text).error().fields[0].message, HasSubstr("byte order mark"));
    EXPECT_THAT(Parse(text).error().message, HasSubstr("byte order mark"));
  }
  for (const std::string_view text : {"\xFF\xFE{\0}\0"sv, "\xFE\xFF\0{\0}"sv}) {
    EXPECT_THAT(ParseFile(text).error().fields[0].message, HasSubstr("UTF-16"));
  }
}

TEST(ParseFile, ReportsFaultsByLineAndColumn) {
  const auto fault = [](std::string_view text) {
    return ParseFile(text).error().fields.front().message;
  };
  EXPECT_THAT(fault("{\"a\": x}"), HasSubstr("at line 1, column 7)"));
  EXPECT_THAT(fault("{\n  \"a\": 1,\r\n  \"b\" 2\n}"), HasSubstr("at line 3, column 7)"));
  EXPECT_THAT(fault("{\n\n\"\xC3\xA4\xF0\x9F\x98\x80\": x}"), HasSubstr("at line 3, column 7)"));
  EXPECT_THAT(fault(""), HasSubstr("at line 1, column 1)"));
  EXPECT_THAT(fault("{}\nx"), HasSubstr("at line 2, column 1)"));
}

TEST(Parse, RejectsInvalidUtf8AndLoneSurrogates) {
  for (const std::string_view inside : {
           "\x80"sv,
           "\xC0\x80"sv,
           "\xE0\x80\x80"sv,
           "\xED\xA0\x80"sv,
           "\xF4\x90\x80\x80"sv,
           "\xFF"sv,
           "\xC3"sv,
           "\xE2\x82"sv,
           "\xF0\x9F\x98"sv,
           "\xED\xA0\xBD\xED\xB8\x80"sv,
           "\\ud800"sv,
           "\\udc00"sv,
           "\\uDFFF"sv,
           "\\ud83d\\ud83d"sv,
           "\\ude00\\ud83d"sv,
           "\\ud83dx"sv,
           "\\ud83d\\n"sv,
           "\\ud83d\\u0041"sv,
       }) {
    const std::string quoted = "\"" + std::string(inside) + "\"";
    EXPECT_FALSE(Parse(quoted).ok()) << testing::PrintToString(inside);
    EXPECT_FALSE(Parse("{" + quoted + ":1}").ok())
        << "as a name: " << testing::PrintToString(inside);
  }
}

TEST(Parse, AcceptsThirtyTwoLevels) {
  EXPECT_TRUE(Parse(Nested(32, '[', ']')).ok());
  EXPECT_FALSE(Parse(Nested(33, '[', ']')).ok());
  std::string objects;
  for (int i = 0; i < 33; ++i) objects += "{\"a\":";
  EXPECT_FALSE(Parse(objects + "1" + std::string(33, '}')).ok());
  EXPECT_FALSE(Parse(std::string(100'000, '[')).ok());
}

TEST(Parse, LocatesTheErrorByByteLineAndColumn) {
  struct Case {
    std::string_view text;
    std::size_t offset;
    std::size_t line;
    std::size_t column;
  };
  for (const Case& test : {Case{R"({"a":1, oops})", 8, 1, 9}, Case{"", 0, 1, 1},
                           Case{"{\n  \"a\": 1,\r\n  \"b\" 2\n}", 19, 3, 7},
                           Case{"\n\n[\"\xC3\xA4\xF0\x9F\x98\x80\", x]", 13, 3, 8}}) {
    const auto parsed = Parse(test.text);
    ASSERT_FALSE(parsed.ok()) << test.text;
    EXPECT_EQ(parsed.error().offset, test.offset) << test.text;
    EXPECT_EQ(parsed.error().line, test.line) << test.text;
    EXPECT_EQ(parsed.error().column, test.column) << test.text;
    EXPECT_FALSE(parsed.error().message.empty()) << test.text;
  }
}

TEST(ParseFile, NamesTheFileInSyntaxErrors) {
  const auto parsed = ParseFile("{\n\"a\" 1}");
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(InOneLine(parsed.error()),
            "the file is not valid JSON (syntax error at line 2, column 5)");
}

TEST(Parse, NeverQuotesTheText) {
  const auto parsed = Parse(R"({"secretAccessKey": "wJalrXUtnFEMI", oops})");
  ASSERT_FALSE(parsed.ok());
  EXPECT_THAT(parsed.error().message, testing::Not(HasSubstr("wJalr")));
}

struct Repeats {
  std::string_view text;
  std::vector<std::string> paths;
};

TEST(Parse, NamesEachRepeatedMemberOnceByPath) {
  const std::vector<Repeats> cases = {
      {R"({"a":1,"b":2})", {}},
      {R"({"a":1,"a":1})", {"a"}},
      {R"({"a":1,"a":2,"a":3,"a":4})", {"a"}},
      {R"({"a":1,"\u0061":2})", {"a"}},
      {R"({"b":1,"a":1,"b":1,"a":1})", {"a", "b"}},
      {R"({"a":{"b":1},"c":{"b":1}})", {}},
      {R"({"a":{"b":1,"b":2}})", {"a.b"}},
      {R"({"x":{"a":1},"metadata":{"colour":"red","n":"1","colour":"blue"}})", {"metadata.colour"}},
      {R"({"roles":[{"name":1},{"n":2},{"name":1,"x":0,"name":2}]})", {"roles[2].name"}},
      {R"([[1,{"a":1}],[[],{"a":1,"a":2}]])", {"[1][1].a"}},
      {R"({"a":{"b":1,"b":2},"a":{"b":1,"b":3}})", {"a.b", "a.b", "a"}},
      {R"({"":1,"":2})", {""}},
      {R"({"A":1,"a":2})", {}},
      {R"({"deep":[0,"x",null,true,1.5,{"k":[{"z":1,"z":1}]}]})", {"deep[5].k[0].z"}},
  };
  for (const Repeats& repeats : cases) {
    const auto parsed = Parse(repeats.text);
    ASSERT_TRUE(parsed.ok()) << repeats.text;
    EXPECT_EQ(parsed->repeated, repeats.paths) << repeats.text;
  }
}

TEST(Parse, ReportsLongRepeatedNames) {
  const std::string name(5000, 'n');
  const auto parsed = Parse("{\"" + name + "\":1,\"" + name + "\":2}");
  ASSERT_TRUE(parsed.ok());
  EXPECT_THAT(parsed->repeated, ElementsAre(name));
}

// A short text must not produce a long report: each of these names has a path of 30,000 bytes.
TEST(Parse, ReportsNoMoreBytesThanTheTextHas) {
  std::string text = "{\"" + std::string(30'000, 'n') + "\":{";
  for (int i = 0; i < 2'000; ++i) {
    const std::string member = "\"" + std::to_string(i) + "\":0,";
    text += member + member;
  }
  text.back() = '}';
  text += '}';
  const auto parsed = Parse(text);
  ASSERT_TRUE(parsed.ok());
  std::size_t reported = 0;
  for (const std::string& path : parsed->repeated) reported += path.size();
  EXPECT_GT(reported, 0U);
  EXPECT_LE(reported, text.size());
}

TEST(ParseFile, RejectsRepeatedMembers) {
  EXPECT_TRUE(ParseFile(R"({"a":{"b":1}})").ok());
  const auto parsed = ParseFile(R"({"a":{"b":1,"b":2}})");
  ASSERT_FALSE(parsed.ok());
  ASSERT_EQ(parsed.error().fields.size(), 1U);
  EXPECT_EQ(parsed.error().fields[0].field, "a.b");
  EXPECT_FALSE(ParseFile("").ok());
}

RC_GTEST_PROP(Parse, HandlesAnyBytes, (std::string text)) {
  const auto parsed = Parse(text);
  // Accepted text is valid UTF-8, and its canonical form is accepted too.
  if (parsed.ok()) {
    RC_ASSERT(IsValidUtf8(text));
    RC_ASSERT(Parse(Canonical(parsed->value)).ok());
  }
}

RC_GTEST_PROP(Parse, HandlesDamagedTexts, ()) {
  std::string text =
      R"({"idempotencyKey":"k","email":"a@b","metadata":{"x":"\u00e4"},"l":[1,-2.5e3,"ä"]})";
  const auto edits = *rc::gen::inRange(1, 5);
  for (int i = 0; i < edits; ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    text[at] = *rc::gen::oneOf(rc::gen::arbitrary<char>(),
                               rc::gen::elementOf(std::string("{}[]\",:\\ue+-0")));
  }
  const auto parsed = Parse(text);
  if (parsed.ok()) RC_ASSERT(IsValidUtf8(text));
}

}  // namespace
}  // namespace users::json
