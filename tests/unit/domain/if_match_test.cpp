#include "domain/if_match.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <string>
#include <string_view>

namespace users::domain {
namespace {

using namespace std::string_view_literals;

struct Case {
  std::string_view header;
  bool admits_three;            // version 3 of a live user
  bool admits_deleted = false;  // version 3 of a deleted one
};

TEST(IfMatch, AdmitsTheNamedVersions) {
  const Case cases[] = {
      {R"("3")", true, true},
      {R"( "3" )", true, true},
      {"\t\"3\"\t", true, true},
      {R"("1", "3")", true, true},
      {R"("1","2" ,	"3")", true, true},
      {R"(,"3",,)", true, true},
      {R"("4")", false},
      {R"("33")", false},
      {R"("03")", false},
      {R"("+3")", false},
      {R"("")", false},
      {R"("3a")", false},
      {R"("\3")", false},
      {R"("1","2")", false},
      // A weak tag is valid but never matches.
      {R"(W/"3")", false},
      {R"(W/"3", "3")", true, true},
      {R"("4", W/"3")", false},
      // A tag may contain a comma and bytes above ASCII.
      {R"("1,3")", false},
      {"\"\xC3\xA4\", \"3\"", true, true},
      // `*` matches any live user. A quoted `*` is an ordinary tag.
      {"*", true, false},
      {"  *\t", true, false},
      {R"("*")", false},
  };
  for (const Case& test : cases) {
    const auto parsed = IfMatch::Parse(test.header);
    ASSERT_TRUE(parsed) << test.header;
    EXPECT_EQ(parsed->Admits(3, true), test.admits_three) << test.header;
    EXPECT_EQ(parsed->Admits(3, false), test.admits_deleted) << test.header;
  }
}

TEST(IfMatch, RejectsInvalidSyntax) {
  for (const std::string_view header : {
           ""sv,
           " "sv,
           ","sv,
           " , ,"sv,
           "3"sv,
           "3, \"3\""sv,
           "\"3\", 3"sv,
           "'3'"sv,  // unquoted
           "\""sv,
           "\"3"sv,
           "3\""sv,
           "\"1\", \"3"sv,  // half quoted
           "w/\"3\""sv,
           "W/3"sv,
           "W/"sv,
           "W"sv,
           "W/ \"3\""sv,  // malformed weak tags
           "W/W/\"3\""sv,
           "W/*"sv,  //
           "\"1\" \"3\""sv,
           "\"1\"\"3\""sv,
           "\"1\";\"3\""sv,  // missing comma
           "*, \"3\""sv,
           "\"3\", *"sv,
           "**"sv,
           "*x"sv,
           "*,"sv,
           "\"a b\""sv,
           "\"\t\""sv,
           "\"\x7F\""sv,
           "\"\0\""sv,
           "\"3\"\0"sv,  // characters that tags exclude
       }) {
    EXPECT_FALSE(IfMatch::Parse(header)) << testing::PrintToString(header);
  }
}

TEST(IfMatch, SupportsTheLargestVersion) {
  const auto parsed = IfMatch::Parse("\"18446744073709551615\"");
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->Admits(std::numeric_limits<std::uint64_t>::max(), true));
}

RC_GTEST_PROP(IfMatch, AdmitsOnlyTheNamedVersions, (std::vector<std::uint16_t> versions)) {
  RC_PRE(!versions.empty());
  std::string header;
  for (const std::uint16_t version : versions) {
    if (!header.empty()) header += ", ";
    header += "\"" + std::to_string(version) + "\"";
  }
  const auto parsed = IfMatch::Parse(header);
  RC_ASSERT(parsed.has_value());
  for (const std::uint16_t version : versions) RC_ASSERT(parsed->Admits(version, true));
  const auto other = *rc::gen::arbitrary<std::uint16_t>();
  const bool named = std::find(versions.begin(), versions.end(), other) != versions.end();
  RC_ASSERT(parsed->Admits(other, true) == named);
}

RC_GTEST_PROP(IfMatch, HandlesAnyText, ()) {
  const auto header = *rc::gen::container<std::string>(
      rc::gen::elementOf(std::string("\"\"\"W/*, \t13\\\x7F\xFF")));
  const auto parsed = IfMatch::Parse(header);
  if (parsed) parsed->Admits(1, true);
}

}  // namespace
}  // namespace users::domain
