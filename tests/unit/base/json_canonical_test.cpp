// RFC 8785 (JCS), with its own examples.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json/json.h"
#include "support/random_text.h"

namespace users::json {
namespace {

std::string CanonicalOf(std::string_view text) {
  const auto parsed = Parse(text);
  return parsed.ok() ? Canonical(parsed->value) : "rejected";
}

TEST(Canonical, MatchesRfc8785Example) {
  EXPECT_EQ(CanonicalOf(R"({
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    "literals": [null, true, false]
  })"),
            "{\"literals\":[null,true,false],"
            "\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
            "\"string\":\"\xE2\x82\xAC$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
}

TEST(Canonical, SortsNamesByUtf16CodeUnits) {
  EXPECT_EQ(CanonicalOf(R"({
    "\u20ac": "Euro Sign",
    "\r": "Carriage Return",
    "\ufb33": "Hebrew Letter Dalet With Dagesh",
    "1": "One",
    "\ud83d\ude00": "Emoji: Grinning Face",
    "\u0080": "Control",
    "\u00f6": "Latin Small Letter O With Diaeresis"
  })"),
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xC2\x80\":\"Control\","
            "\"\xC3\xB6\":\"Latin Small Letter O With Diaeresis\",\"\xE2\x82\xAC\":\"Euro Sign\","
            "\"\xF0\x9F\x98\x80\":\"Emoji: Grinning Face\","
            "\"\xEF\xAC\xB3\":\"Hebrew Letter Dalet With Dagesh\"}");
}

TEST(Canonical, SortsPrefixesFirstThenBySecondUnit) {
  EXPECT_EQ(CanonicalOf(R"({"ab":1,"a":2,"":3,"b":4,"B":5,"aa":6})"),
            R"({"":3,"B":5,"a":2,"aa":6,"ab":1,"b":4})");
  // Two characters with the same first surrogate, and one above U+FFFF that sorts before U+FFFF.
  EXPECT_EQ(
      CanonicalOf(R"({"\uffff":1,"\ud83d\ude01":2,"\ud83d\ude00":3,"\ue000":4,"\udbff\udfff":5})"),
      "{\"\xF0\x9F\x98\x80\":3,\"\xF0\x9F\x98\x81\":2,\"\xF4\x8F\xBF\xBF\":5,"
      "\"\xEE\x80\x80\":4,\"\xEF\xBF\xBF\":1}");
}

TEST(Canonical, OmitsWhitespaceAndKeepsListOrder) {
  EXPECT_EQ(CanonicalOf(" [ 3 , 1 , { } , [ ] , \"a b\" ] "), R"([3,1,{},[],"a b"])");
}

struct Number {
  std::uint64_t bits;
  std::string_view expected;
};

// Appendix B of RFC 8785.
constexpr Number kNumbers[] = {
    {0x0000000000000000, "0"},
    {0x8000000000000000, "0"},
    {0x0000000000000001, "5e-324"},
    {0x8000000000000001, "-5e-324"},
    {0x7fefffffffffffff, "1.7976931348623157e+308"},
    {0xffefffffffffffff, "-1.7976931348623157e+308"},
    {0x4340000000000000, "9007199254740992"},
    {0xc340000000000000, "-9007199254740992"},
    {0x4430000000000000, "295147905179352830000"},
    {0x44b52d02c7e14af5, "9.999999999999997e+22"},
    {0x44b52d02c7e14af6, "1e+23"},
    {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
    {0x444b1ae4d6e2ef4e, "999999999999999700000"},
    {0x444b1ae4d6e2ef4f, "999999999999999900000"},
    {0x444b1ae4d6e2ef50, "1e+21"},
    {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
    {0x3eb0c6f7a0b5ed8d, "0.000001"},
    {0x41b3de4355555553, "333333333.3333332"},
    {0x41b3de4355555554, "333333333.33333325"},
    {0x41b3de4355555555, "333333333.3333333"},
    {0x41b3de4355555556, "333333333.3333334"},
    {0x41b3de4355555557, "333333333.33333343"},
    {0xbecbf647612f3696, "-0.0000033333333333333333"},
    {0x43143ff3c1cb0959, "1424953923781206.2"},
};

TEST(Canonical, WritesNumbersAsRfc8785Does) {
  for (const Number& number : kNumbers) {
    EXPECT_EQ(Canonical(bj::value(std::bit_cast<double>(number.bits))), number.expected);
  }
}

TEST(Canonical, RoundTripsItsNumbers) {
  for (const Number& number : kNumbers) EXPECT_EQ(CanonicalOf(number.expected), number.expected);
}

TEST(Canonical, WritesEqualNumbersAlike) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"-0", "0"},
      {"-0.0", "0"},
      {"0e10", "0"},
      {"1.0", "1"},
      {"10e-1", "1"},
      {"1E2", "100"},
      {"1e20", "100000000000000000000"},
      {"1e21", "1e+21"},
      {"123456789012345678901", "123456789012345680000"},
      {"18446744073709551615", "18446744073709552000"},
      {"9007199254740993", "9007199254740992"},
      {"-9223372036854775808", "-9223372036854776000"},
      {"0.1", "0.1"},
      {"0.000001", "0.000001"},
      {"0.0000001", "1e-7"},
      {"1.5e-7", "1.5e-7"},
      {"123.456", "123.456"},
      {"-1.5", "-1.5"},
      {"1e-400", "0"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(CanonicalOf(text), expected) << text;
}

// JCS output parses to the same double.
RC_GTEST_PROP(Canonical, PreservesEveryDouble, (std::uint64_t bits)) {
  const double value = std::bit_cast<double>(bits);
  RC_PRE(std::isfinite(value));
  const std::string text = Canonical(bj::value(value));
  RC_ASSERT(std::strtod(text.c_str(), nullptr) == value);
  RC_ASSERT(CanonicalOf(text) == text);
}

RC_GTEST_PROP(Canonical, IsIdempotent, (std::map<std::string, std::vector<int>> members)) {
  bj::object object;
  for (const auto& [name, numbers] : members) {
    std::string printable;
    for (const char c : name) printable += static_cast<char>(c & 0x7F);
    object[printable] = bj::array(numbers.begin(), numbers.end());
  }
  const std::string once = Canonical(object);
  RC_ASSERT(CanonicalOf(once) == once);
}

using Texts = std::map<std::string, std::string>;

Texts AnyTexts() {
  return *rc::gen::container<Texts>(testing::AnyUtf8(), testing::AnyUtf8());
}

bj::object ObjectOf(const Texts& texts) {
  bj::object object;
  for (const auto& [name, text] : texts) object[name] = text;
  return object;
}

std::u16string Utf16Of(std::string_view utf8) {
  return std::filesystem::path(std::u8string(utf8.begin(), utf8.end())).u16string();
}

RC_GTEST_PROP(Canonical, SortsAnyNamesByUtf16CodeUnits, ()) {
  const auto texts = AnyTexts();
  const auto sorted = Parse(Canonical(ObjectOf(texts)));
  RC_ASSERT(sorted.ok());
  const bj::object& object = sorted->value.get_object();
  RC_ASSERT(object.size() == texts.size());
  const auto less = [](const auto& a, const auto& b) {
    return Utf16Of(a.key()) < Utf16Of(b.key());
  };
  RC_ASSERT(std::is_sorted(object.begin(), object.end(), less));
}

RC_GTEST_PROP(AppendTexts, AgreesWithCanonical, ()) {
  const auto texts = AnyTexts();
  std::string out = "before";
  AppendTexts(out, texts);
  RC_ASSERT(out == "before" + Canonical(ObjectOf(texts)));
}

// Compared with each byte escaped on its own, at every position among eight.
RC_GTEST_PROP(AppendString, EscapesEachByteIndependently, ()) {
  const std::string text = *testing::AnyUtf8();
  std::string out;
  AppendString(out, text);
  std::string expected = "\"";
  for (const char c : text) {
    std::string one = "\"" + std::string(1, c) + "\"";  // no byte of a longer character is escaped
    if (static_cast<unsigned char>(c) < 0x80) {
      one.clear();
      AppendString(one, std::string_view(&c, 1));
    }
    expected += one.substr(1, one.size() - 2);
  }
  RC_ASSERT(out == expected + "\"");
}

}  // namespace
}  // namespace users::json
