#include "base/header_fields.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "base/text/text.h"

namespace users {
namespace {

using Positions = std::vector<HeaderFields::Position>;

Positions ToVector(std::span<const HeaderFields::Position> positions) {
  return {positions.begin(), positions.end()};
}

TEST(HeaderFields, FindsEveryLineOfANameInAnyLetterCase) {
  const HeaderFields fields = {{"b", "1"}, {"A", "2"}, {"B", "3"}, {"a-b", "4"}, {"a", "5"}};
  EXPECT_EQ(ToVector(fields.Named("a")), (Positions{1, 4}));
  EXPECT_EQ(ToVector(fields.Named("B")), (Positions{0, 2}));
  EXPECT_EQ(ToVector(fields.Named("A-b")), (Positions{3}));
  EXPECT_TRUE(fields.Named("c").empty());
  EXPECT_TRUE(fields.Named("").empty());
  EXPECT_EQ(ToVector(fields.Sorted()), (Positions{1, 4, 3, 0, 2}));
}

TEST(HeaderFields, KeepsTheOrderAsSent) {
  const HeaderFields fields = {{"b", "1"}, {"A", "2"}, {"B", "3"}};
  std::string text;
  for (const HeaderField& field : fields)
    text += std::string(field.name) + "=" + std::string(field.value) + ";";
  EXPECT_EQ(text, "b=1;A=2;B=3;");
}

TEST(HeaderFields, ClearForgetsAllLines) {
  HeaderFields fields = {{"a", "1"}};
  fields.Clear();
  EXPECT_EQ(fields.size(), 0U);
  EXPECT_TRUE(fields.Named("a").empty());
  fields.Add({"A", "2"});
  EXPECT_EQ(ToVector(fields.Named("a")), (Positions{0}));
}

// Names are short and from few letters, so that many are equal, differ in letter case only, or
// begin with one another.
RC_GTEST_PROP(HeaderFields, FindsWhatAScanFinds, ()) {
  const auto any_name = rc::gen::container<std::string>(rc::gen::elementOf(std::string("aAbB-")));
  const auto names = *rc::gen::container<std::vector<std::string>>(any_name);
  HeaderFields fields;
  for (const std::string& name : names) fields.Add(HeaderField{name, ""});

  const std::string wanted = *any_name;
  Positions found;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (EqualIgnoringAsciiCase(names[i], wanted))
      found.push_back(static_cast<HeaderFields::Position>(i));
  }
  RC_ASSERT(ToVector(fields.Named(wanted)) == found);

  Positions sorted(names.size());
  std::iota(sorted.begin(), sorted.end(), HeaderFields::Position{0});
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](auto a, auto b) { return LowerAscii(names[a]) < LowerAscii(names[b]); });
  RC_ASSERT(ToVector(fields.Sorted()) == sorted);
}

}  // namespace
}  // namespace users
