// CheckMetadata and CheckMetadataChanges (domain/field_rules.h).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/json/json.h"
#include "domain/field_rules.h"

namespace users::domain {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

struct Checked {
  std::optional<Metadata> metadata;
  std::vector<std::string> fields;  // that fail
};

Checked Check(const boost::json::value& value) {
  json::FieldErrors errors;
  Checked checked;
  checked.metadata = CheckMetadata(value, "metadata", errors);
  for (const FieldError& error : errors.list()) checked.fields.push_back(error.field);
  EXPECT_EQ(checked.metadata.has_value(), checked.fields.empty());
  return checked;
}

Checked CheckText(std::string_view text) {
  return Check(json::Parse(text)->value);
}

Checked CheckOne(std::string_view key, std::string_view value) {
  boost::json::object object;
  object[key] = value;
  return Check(object);
}

// Returns `count` entries whose keys and values have these lengths.
boost::json::object Entries(std::size_t count, std::size_t key_bytes, std::size_t value_bytes) {
  boost::json::object object;
  for (std::size_t i = 0; i < count; ++i) {
    std::string key = std::to_string(i);
    key.insert(0, key_bytes - key.size(), 'k');
    object[key] = std::string(value_bytes, 'v');
  }
  return object;
}

TEST(CheckMetadata, AcceptsObjectsOfStrings) {
  EXPECT_THAT(*CheckText("{}").metadata, IsEmpty());
  EXPECT_THAT(*CheckText(R"({"a":"1","B":"","ä":" x "})").metadata,
              UnorderedElementsAre(Pair("a", "1"), Pair("B", ""), Pair("\xC3\xA4", " x ")));
  for (const std::string_view text : {"null", "[]", "\"{}\"", "1", "true", "[[\"a\",\"b\"]]"}) {
    EXPECT_THAT(CheckText(text).fields, ElementsAre("metadata")) << text;
  }
}

TEST(CheckMetadata, RejectsValuesOfOtherTypesByKey) {
  EXPECT_THAT(
      CheckText(R"({"n":null,"good":"x","i":1,"d":1.5,"t":true,"l":["x"],"o":{"x":"y"}})").fields,
      ElementsAre("metadata.n", "metadata.i", "metadata.d", "metadata.t", "metadata.l",
                  "metadata.o"));
}

TEST(CheckMetadata, AcceptsAtMostFiftyEntries) {
  EXPECT_TRUE(Check(Entries(50, 4, 4)).metadata);
  EXPECT_THAT(Check(Entries(51, 4, 4)).fields, ElementsAre("metadata"));
}

TEST(CheckMetadata, AcceptsKeysOf1To64Bytes) {
  EXPECT_THAT(CheckOne("", "x").fields, ElementsAre("metadata."));
  EXPECT_TRUE(CheckOne("k", "x").metadata);
  EXPECT_TRUE(CheckOne(std::string(64, 'k'), "x").metadata);
  EXPECT_THAT(CheckOne(std::string(65, 'k'), "x").fields,
              ElementsAre("metadata." + std::string(65, 'k')));
  // The limit counts bytes, not characters.
  std::string umlauts;
  for (int i = 0; i < 32; ++i) umlauts += "\xC3\xA4";
  EXPECT_TRUE(CheckOne(umlauts, "x").metadata);
  EXPECT_FALSE(CheckOne(umlauts + "\xC3\xA4", "x").metadata);
}

TEST(CheckMetadata, RejectsKeysThatStartWithADollarSign) {
  EXPECT_FALSE(CheckOne("$", "x").metadata);
  EXPECT_FALSE(CheckOne("$schema", "x").metadata);
  EXPECT_TRUE(CheckOne("a$", "x").metadata);
  EXPECT_TRUE(CheckOne(" $", "x").metadata);
}

TEST(CheckMetadata, AcceptsValuesOfAtMost1024Bytes) {
  EXPECT_TRUE(CheckOne("k", "").metadata);
  EXPECT_TRUE(CheckOne("k", std::string(1024, 'v')).metadata);
  EXPECT_THAT(CheckOne("k", std::string(1025, 'v')).fields, ElementsAre("metadata.k"));
  EXPECT_FALSE(CheckOne("k", std::string(1023, 'v') + "\xC3\xA4").metadata);
}

TEST(CheckMetadata, RejectsControlCharacters) {
  for (const std::string_view control : {"\n", "\t", "\x1B", "\x7F", "\xC2\x80", "\xC2\x9F"}) {
    const std::string text = "a" + std::string(control) + "b";
    EXPECT_THAT(CheckOne("k", text).fields, ElementsAre("metadata.k"));
    EXPECT_THAT(CheckOne(text, "v").fields, ElementsAre("metadata." + text));
  }
  EXPECT_THAT(CheckOne("k", std::string_view("\0", 1)).fields, ElementsAre("metadata.k"));
}

TEST(CheckMetadata, AcceptsAtMost16KibibytesInTotal) {
  // 16 * (24 + 1,000) = 16,384
  EXPECT_TRUE(Check(Entries(16, 24, 1000)).metadata);
  auto over = Entries(16, 24, 1000);
  over.begin()->value() = std::string(1001, 'v');
  EXPECT_THAT(Check(over).fields, ElementsAre("metadata"));
  auto longer_key = Entries(16, 24, 1000);
  longer_key["x"] = "";
  EXPECT_THAT(Check(longer_key).fields, ElementsAre("metadata"));
}

TEST(CheckMetadata, ReportsAllFaultsAtOnce) {
  auto object = Entries(51, 4, 4);
  object[""] = "x";
  object["$a"] = "x";
  object["n"] = nullptr;
  object["c"] = "\x01";
  EXPECT_THAT(Check(object).fields,
              ElementsAre("metadata", "metadata.", "metadata.$a", "metadata.n", "metadata.c"));
}

struct CheckedChanges {
  std::optional<MetadataChanges> changes;
  std::vector<std::string> fields;  // that fail
};

CheckedChanges CheckChanges(const boost::json::value& value) {
  json::FieldErrors errors;
  CheckedChanges checked;
  checked.changes = CheckMetadataChanges(value, "metadataChanges", errors);
  for (const FieldError& error : errors.list()) checked.fields.push_back(error.field);
  EXPECT_EQ(checked.changes.has_value(), checked.fields.empty());
  return checked;
}

TEST(CheckMetadataChanges, AcceptsStringsAndNulls) {
  const auto checked = CheckChanges(json::Parse(R"({"a":"1","b":null,"c":""})")->value);
  EXPECT_THAT(*checked.changes,
              UnorderedElementsAre(Pair("a", "1"), Pair("b", std::nullopt), Pair("c", "")));
  for (const std::string_view text : {"null", "[]", "{}", "\"{}\"", "1", "true"}) {
    EXPECT_THAT(CheckChanges(json::Parse(text)->value).fields, ElementsAre("metadataChanges"))
        << text;
  }
}

TEST(CheckMetadataChanges, AppliesTheRulesOfMetadataToEachKey) {
  boost::json::object object;
  object[""] = nullptr;
  object["$a"] = nullptr;
  object["$b"] = "x";
  object[std::string(65, 'k')] = nullptr;
  object["c\x01"] = nullptr;
  object["long"] = std::string(1025, 'v');
  object["control"] = "\x7F";
  object["number"] = 1;
  object["map"] = boost::json::object();
  object[std::string(64, 'k')] = std::string(1024, 'v');
  object["gone"] = nullptr;
  EXPECT_THAT(CheckChanges(object).fields,
              ElementsAre("metadataChanges.", "metadataChanges.$a", "metadataChanges.$b",
                          "metadataChanges." + std::string(65, 'k'), "metadataChanges.c\x01",
                          "metadataChanges.long", "metadataChanges.control",
                          "metadataChanges.number", "metadataChanges.map"));
}

// The resulting map has at least the keys that the changes set. Removed keys do not count.
TEST(CheckMetadataChanges, BoundsWhatIsSet) {
  boost::json::object object = Entries(50, 4, 4);
  for (int i = 0; i < 500; ++i) object["gone" + std::to_string(i)] = nullptr;
  EXPECT_TRUE(CheckChanges(object).changes);
  object["more"] = "x";
  EXPECT_THAT(CheckChanges(object).fields, ElementsAre("metadataChanges"));
  EXPECT_TRUE(CheckChanges(Entries(16, 24, 1000)).changes);
  EXPECT_THAT(CheckChanges(Entries(17, 24, 1000)).fields, ElementsAre("metadataChanges"));
}

TEST(SizeFaultOf, FindsTooManyEntriesAndTooManyBytes) {
  Metadata metadata;
  for (int i = 0; i < 50; ++i) metadata["k" + std::to_string(100 + i)] = "v";
  EXPECT_FALSE(SizeFaultOf(metadata));
  metadata["one more"] = "";
  EXPECT_TRUE(SizeFaultOf(metadata));
  metadata.clear();
  for (int i = 0; i < 16; ++i)
    metadata[std::string(22, 'k') + std::to_string(10 + i)] = std::string(1000, 'v');
  EXPECT_FALSE(SizeFaultOf(metadata));  // 16 * (24 + 1,000) = 16,384 bytes
  metadata.begin()->second += 'v';
  EXPECT_TRUE(SizeFaultOf(metadata));
}

}  // namespace
}  // namespace users::domain
