// ParseQuery and IsCorrelationId.
#include "api/request.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/text/text.h"

namespace users::api {
namespace {

// Each parameter as "name=value", with a "!" in front if it is malformed.
std::vector<std::string> Parsed(std::string_view query) {
  std::vector<std::string> parsed;
  for (const QueryParameter& parameter : ParseQuery(query)) {
    parsed.push_back((parameter.broken ? "!" : "") + parameter.name + "=" + parameter.value);
  }
  return parsed;
}

struct Case {
  std::string_view query;
  std::vector<std::string> parameters;
};

TEST(ParseQuery, SplitsAndDecodesOnce) {
  const Case cases[] = {
      {"", {}},
      {"&", {}},
      {"&&limit=5&", {"limit=5"}},
      {"limit=5&status=active", {"limit=5", "status=active"}},
      {"limit", {"limit="}},
      {"limit=", {"limit="}},
      {"=5", {"=5"}},
      {"=", {"="}},
      {"a=b=c", {"a=b=c"}},
      {"a=1&a=2", {"a=1", "a=2"}},
      {"%6cimit=%35", {"limit=5"}},
      {"a%3Db=c%26d", {"a=b=c&d"}},
      {"email=a+b%2Bc%40d", {"email=a+b+c@d"}},
      {"a=%2541", {"a=%41"}},
      {"a=%C3%A4", {"a=\xC3\xA4"}},
      {"a=?/:@", {"a=?/:@"}},
      {"a;b=1;c", {"a;b=1;c"}},
      // Malformed parameters keep the text that was sent.
      {"a=%", {"!a=%"}},
      {"a=%4", {"!a=%4"}},
      {"a=%zz", {"!a=%zz"}},
      {"%zz=1", {"!%zz=1"}},
      {"a=%FF", {"!a=%FF"}},
      {"a=%C3", {"!a=%C3"}},
      {"a=%C0%80", {"!a=%C0%80"}},
      {"a=%ED%A0%80", {"!a=%ED%A0%80"}},
      {"%FF=%FF&b=2", {"!%FF=%FF", "b=2"}},
  };
  for (const Case& test : cases) EXPECT_EQ(Parsed(test.query), test.parameters) << test.query;
}

TEST(ParseQuery, KeepsNulBytes) {
  const auto parsed = ParseQuery("a=%00");
  ASSERT_EQ(parsed.size(), 1U);
  EXPECT_FALSE(parsed[0].broken);
  EXPECT_EQ(parsed[0].value, std::string(1, '\0'));
}

RC_GTEST_PROP(ParseQuery, RoundTripsEncodedParameters, ()) {
  const auto texts = rc::gen::container<std::string>(
      rc::gen::map(rc::gen::inRange(0, 128), [](int c) { return static_cast<char>(c); }));
  const std::string name = *rc::gen::nonEmpty(texts);
  const std::string value = *texts;
  std::string query;
  AppendPercentEncoded(query, name, /*keep_slash=*/false);
  query += '=';
  AppendPercentEncoded(query, value, /*keep_slash=*/false);
  const auto parsed = ParseQuery(query + "&" + query);
  RC_ASSERT(parsed.size() == 2U);
  for (const QueryParameter& parameter : parsed) {
    RC_ASSERT(!parameter.broken);
    RC_ASSERT(parameter.name == name);
    RC_ASSERT(parameter.value == value);
  }
}

RC_GTEST_PROP(ParseQuery, MarksInvalidUtf8AsBroken, (std::string query)) {
  for (const QueryParameter& parameter : ParseQuery(query)) {
    if (parameter.broken) continue;
    RC_ASSERT(IsValidUtf8(parameter.name));
    RC_ASSERT(IsValidUtf8(parameter.value));
  }
}

TEST(IsCorrelationId, AcceptsOnlyContractCharactersAndLengths) {
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/=+@-";
  for (int c = 0; c < 256; ++c) {
    const std::string one(1, static_cast<char>(c));
    const bool is_allowed = kAllowed.find(static_cast<char>(c)) != kAllowed.npos;
    EXPECT_EQ(IsCorrelationId(one), is_allowed) << c;
    EXPECT_EQ(IsCorrelationId("a" + one), is_allowed) << c;
    EXPECT_EQ(IsCorrelationId(one + "a"), is_allowed) << c;
  }
  EXPECT_FALSE(IsCorrelationId(""));
  EXPECT_TRUE(IsCorrelationId(std::string(128, 'a')));
  EXPECT_FALSE(IsCorrelationId(std::string(129, 'a')));
}

}  // namespace
}  // namespace users::api
