#include "storage/item.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace users::storage {
namespace {

using namespace std::string_view_literals;

struct Attribute {
  std::string name;
  Item::Type type;
  std::string text;
  std::int64_t number = 0;
};

Item ItemOf(const std::vector<Attribute>& attributes) {
  Item item;
  for (const Attribute& attribute : attributes) {
    switch (attribute.type) {
      case Item::Type::kString:
        item.SetString(attribute.name, attribute.text);
        break;
      case Item::Type::kNumber:
        item.SetNumber(attribute.name, attribute.number);
        break;
      case Item::Type::kBinary:
        item.SetBinary(attribute.name, attribute.text);
        break;
    }
  }
  return item;
}

// Attributes of all types with distinct names.
std::vector<Attribute> AnyAttributes() {
  const auto names = *rc::gen::unique<std::vector<std::string>>(
      rc::gen::nonEmpty(rc::gen::arbitrary<std::string>()));
  std::vector<Attribute> attributes;
  for (const std::string& name : names) {
    Attribute attribute;
    attribute.name = name.substr(0, 255);
    attribute.type =
        *rc::gen::element(Item::Type::kString, Item::Type::kNumber, Item::Type::kBinary);
    attribute.text = *rc::gen::arbitrary<std::string>();
    attribute.number = *rc::gen::arbitrary<std::int64_t>();
    attributes.push_back(std::move(attribute));
  }
  return attributes;
}

TEST(Item, FindsAttributesByNameAndType) {
  Item item;
  item.SetString("s", "text").SetNumber("n", -5).SetBinary("b", "\0\xFF"sv).SetString("empty", "");
  EXPECT_EQ(item.FindString("s"), "text");
  EXPECT_EQ(item.FindNumber("n"), -5);
  EXPECT_EQ(item.FindBinary("b"), "\0\xFF"sv);
  EXPECT_EQ(item.FindString("empty"), "");
  EXPECT_FALSE(item.FindString("absent"));
  EXPECT_FALSE(item.FindString("S"));
  EXPECT_FALSE(item.FindNumber("s"));
  EXPECT_FALSE(item.FindBinary("s"));
  EXPECT_FALSE(item.FindString("b"));
  EXPECT_FALSE(item.FindString("n"));
}

TEST(Cursor, AgreesWithItemInAnyOrder) {
  Item item;
  item.SetString("s", "text").SetNumber("n", 7).SetBinary("b", "abcd").SetString("t", "last");
  const std::vector<std::string> names = {"s", "n", "b", "t", "absent"};
  const auto types = {Item::Type::kString, Item::Type::kNumber, Item::Type::kBinary};
  // Looks up every name with every type, starting at each name and walking in both directions.
  for (std::size_t first = 0; first < names.size(); ++first) {
    for (const std::size_t step : {std::size_t{1}, names.size() - 1}) {
      Item::Cursor cursor(item);
      for (std::size_t i = 0; i < 2 * names.size(); ++i) {
        const std::string& name = names[(first + i * step) % names.size()];
        for (const Item::Type type : types) {
          const auto found = cursor.Find(name, type);
          const auto text = type == Item::Type::kString   ? item.FindString(name)
                            : type == Item::Type::kBinary ? item.FindBinary(name)
                                                          : std::nullopt;
          const auto number =
              type == Item::Type::kNumber ? item.FindNumber(name) : std::optional<std::int64_t>();
          ASSERT_EQ(found.has_value(), text.has_value() || number.has_value()) << name;
          if (text) {
            EXPECT_EQ(found->value, *text);
          }
          if (number) {
            EXPECT_EQ(found->number(), *number);
          }
        }
      }
    }
  }
}

TEST(Item, StoresEveryNumber) {
  for (const std::int64_t number :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1}, std::int64_t{0x0102030405060708},
        std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()}) {
    Item item;
    item.SetNumber("n", number);
    EXPECT_EQ(item.FindNumber("n"), number);
  }
}

// The encoding is part of the local store's format, so it must never change.
TEST(Item, HasTheDocumentedEncoding) {
  Item item;
  item.SetString("name", "Ada").SetNumber("v", 258).SetBinary("h", "\xFF"sv);
  EXPECT_EQ(item.encoded(), "\4nameS\3\0\0\0Ada\1vN\b\0\0\0\2\1\0\0\0\0\0\0\1hB\1\0\0\0\xFF"sv);
  EXPECT_EQ(Item().encoded(), "");
}

TEST(Item, AcceptsNamesAndValuesOfAnyLength) {
  const std::string name(255, 'n');
  const std::string value(300'000, 'v');
  Item item;
  item.SetString(name, value);
  const auto read = Item::FromEncoded(item.encoded());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->FindString(name), value);
  EXPECT_EQ(read->SizeInBytes(), 300'255U);
}

RC_GTEST_PROP(Item, RoundTrips, ()) {
  const auto attributes = AnyAttributes();
  const auto item = Item::FromEncoded(ItemOf(attributes).encoded());
  RC_ASSERT(item.has_value());
  RC_ASSERT(*item == ItemOf(attributes));
  std::set<std::string> seen;
  for (const Attribute& attribute : attributes) {
    if (!seen.insert(attribute.name).second) continue;  // truncated to the same 255 bytes
    const bool is_string = attribute.type == Item::Type::kString;
    const bool is_number = attribute.type == Item::Type::kNumber;
    const bool is_binary = attribute.type == Item::Type::kBinary;
    RC_ASSERT(item->FindString(attribute.name).has_value() == is_string);
    RC_ASSERT(item->FindNumber(attribute.name).has_value() == is_number);
    RC_ASSERT(item->FindBinary(attribute.name).has_value() == is_binary);
    if (is_string) RC_ASSERT(*item->FindString(attribute.name) == attribute.text);
    if (is_number) RC_ASSERT(*item->FindNumber(attribute.name) == attribute.number);
    if (is_binary) RC_ASSERT(*item->FindBinary(attribute.name) == attribute.text);
  }
}

RC_GTEST_PROP(Item, VisitsAttributesInOrderAndCountsTheirBytes, ()) {
  const auto attributes = AnyAttributes();
  const Item item = ItemOf(attributes);
  std::size_t i = 0;
  std::size_t bytes = 0;
  item.ForEach([&](const Item::Attribute& attribute) {
    RC_ASSERT(i < attributes.size());
    RC_ASSERT(attribute.name == attributes[i].name);
    RC_ASSERT(attribute.type == attributes[i].type);
    if (attribute.type == Item::Type::kNumber) {
      RC_ASSERT(attribute.number() == attributes[i].number);
      bytes += attribute.name.size() + 8;
    } else {
      RC_ASSERT(attribute.value == attributes[i].text);
      bytes += attribute.name.size() + attribute.value.size();
    }
    ++i;
  });
  RC_ASSERT(i == attributes.size());
  RC_ASSERT(item.SizeInBytes() == bytes);
}

TEST(FromEncoded, RejectsEveryTruncation) {
  Item item;
  item.SetString("name", "Ada").SetNumber("v", 1).SetBinary("h", "\xFF");
  const std::string whole = item.encoded();
  const std::set<std::size_t> attribute_ends = {0, 13, 28, whole.size()};
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    EXPECT_EQ(Item::FromEncoded(whole.substr(0, size)).has_value(), attribute_ends.contains(size))
        << size;
  }
}

TEST(FromEncoded, RejectsMalformedBytes) {
  for (const std::string_view bytes : {
           "\1"sv, "x"sv, "\1nX\0\0\0\0"sv,       // an unknown type
           "\1n\0\0\0\0\0"sv,                     //
           "\1nN\7\0\0\0\1\2\3\4\5\6\7"sv,        // a number with 7 bytes
           "\1nN\x09\0\0\0\1\2\3\4\5\6\7\b\t"sv,  // 9 bytes
           "\1nN\0\0\0\0"sv,                      // no bytes
           "\1nS\xFF\xFF\xFF\xFF"
           "abc"sv,                  // longer than the input
           "\1nS\4\0\0\0abc"sv,      //
           "\xFFnS\0\0\0\0"sv,       // a name longer than the input
           "\1nS\3\0\0\0abcrest"sv,  // trailing bytes
           "\1nS\3\0\0\0abc\0"sv,    //
       }) {
    EXPECT_FALSE(Item::FromEncoded(std::string(bytes))) << testing::PrintToString(bytes);
  }
}

RC_GTEST_PROP(FromEncoded, HandlesAnyBytes, (std::string bytes)) {
  const auto item = Item::FromEncoded(bytes);
  if (item) RC_ASSERT(item->encoded() == bytes);
}

// Damaged input that is accepted can still be read attribute by attribute to its end.
RC_GTEST_PROP(FromEncoded, AcceptsOnlyBytesReadableToTheEnd, ()) {
  std::string bytes = ItemOf(AnyAttributes()).encoded();
  RC_PRE(!bytes.empty());
  const auto edits = *rc::gen::inRange(1, 4);
  for (int i = 0; i < edits; ++i) {
    bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] = *rc::gen::arbitrary<char>();
  }
  bytes.resize(*rc::gen::inRange<std::size_t>(0, bytes.size() + 1));
  const auto item = Item::FromEncoded(bytes);
  if (!item) return;
  std::size_t read = 0;
  item->ForEach([&](const Item::Attribute& attribute) {
    read += attribute.name.size() + attribute.value.size() + 6;
    if (attribute.type == Item::Type::kNumber) RC_ASSERT(attribute.value.size() == 8U);
  });
  RC_ASSERT(read == bytes.size());
}

TEST(Item, ComparesEqualInAnyOrderOfAttributes) {
  Item one;
  one.SetString("a", "x").SetNumber("n", 1).SetBinary("b", "y");
  Item other;
  other.SetBinary("b", "y").SetString("a", "x").SetNumber("n", 1);
  EXPECT_EQ(one, other);
  Item differs;
  differs.SetBinary("b", "x").SetString("a", "y").SetNumber("n", 1);
  EXPECT_FALSE(one == differs);
  Item other_type;
  other_type.SetString("b", "y").SetString("a", "x").SetNumber("n", 1);
  EXPECT_FALSE(one == other_type);
  EXPECT_FALSE(one == Item());
}

}  // namespace
}  // namespace users::storage
