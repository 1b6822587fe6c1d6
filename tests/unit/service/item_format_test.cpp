#include "service/item_format.h"

#include <gtest/gtest.h>

#include <limits>

namespace users::service {
namespace {

storage::Item Sample(std::int64_t format) {
  storage::Item item;
  item.SetNumber("v", format).SetString("s", "text").SetNumber("n", 7).SetBinary("b", "abcd");
  return item;
}

TEST(NewItem, HasTheCurrentFormat) {
  EXPECT_EQ(NewItem().FindNumber("v"), 1);
}

TEST(ItemReader, ReadsExistingAttributes) {
  const storage::Item item = Sample(1);
  ItemReader reader(item);
  EXPECT_EQ(reader.String("s"), "text");
  EXPECT_EQ(reader.Number("n"), 7);
  EXPECT_EQ(reader.Bytes<4>("b"), (std::array<std::uint8_t, 4>{'a', 'b', 'c', 'd'}));
  EXPECT_TRUE(reader.ok());
}

TEST(ItemReader, FailsOnMissingAttributesAndWrongTypes) {
  const storage::Item item = Sample(1);
  const auto broken_by = [&](auto read) {
    ItemReader reader(item);
    read(reader);
    EXPECT_FALSE(reader.ok());
    EXPECT_EQ(reader.error().code, ErrorCode::kInternal);
  };
  broken_by([](ItemReader& reader) { EXPECT_EQ(reader.String("absent"), ""); });
  broken_by([](ItemReader& reader) { EXPECT_EQ(reader.String("n"), ""); });
  broken_by([](ItemReader& reader) { EXPECT_EQ(reader.String("b"), ""); });
  broken_by([](ItemReader& reader) { EXPECT_EQ(reader.Number("absent"), 0); });
  broken_by([](ItemReader& reader) { EXPECT_EQ(reader.Number("s"), 0); });
  broken_by(
      [](ItemReader& reader) { EXPECT_EQ(reader.Bytes<4>("s"), (std::array<std::uint8_t, 4>{})); });
  broken_by([](ItemReader& reader) { reader.Bytes<3>("b"); });
  broken_by([](ItemReader& reader) { reader.Bytes<5>("b"); });
  broken_by([](ItemReader& reader) { reader.MarkBroken(); });
}

TEST(ItemReader, ReadsOptionalTextsAndNoOtherTypes) {
  const storage::Item item = Sample(1);
  ItemReader reader(item);
  EXPECT_EQ(reader.OptionalString("absent"), std::nullopt);
  EXPECT_EQ(reader.OptionalString("s"), "text");
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.OptionalString("n"), std::nullopt);
  EXPECT_FALSE(reader.ok());
}

TEST(ItemReader, KnowsTheFormatsOfItsKindOfItem) {
  const storage::Item second = Sample(2);
  ItemReader reader(second, 2);
  EXPECT_EQ(reader.format(), 2);
  EXPECT_TRUE(reader.ok());
  const storage::Item third = Sample(3);
  EXPECT_EQ(ItemReader(third, 2).error().code, ErrorCode::kUnavailable);
}

TEST(ItemReader, ReportsNewerFormatsAsUnavailable) {
  for (const std::int64_t format : {std::int64_t{2}, std::numeric_limits<std::int64_t>::max()}) {
    const storage::Item item = Sample(format);
    ItemReader reader(item);
    EXPECT_EQ(reader.String("s"), "text");
    EXPECT_EQ(reader.String("what only this server knows"), "");
    EXPECT_FALSE(reader.ok());
    EXPECT_EQ(reader.error().code, ErrorCode::kUnavailable);
  }
}

TEST(ItemReader, RejectsInvalidFormats) {
  storage::Item without;
  without.SetString("s", "text");
  storage::Item as_text;
  as_text.SetString("v", "1");
  for (const storage::Item& item : {without, as_text, Sample(0), Sample(-1)}) {
    const ItemReader reader(item);
    EXPECT_FALSE(reader.ok());
    EXPECT_EQ(reader.error().code, ErrorCode::kInternal);
  }
}

}  // namespace
}  // namespace users::service
