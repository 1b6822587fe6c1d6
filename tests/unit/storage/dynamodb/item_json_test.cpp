#include "storage/dynamodb/item_json.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/json/parse.hpp>

namespace users::storage::dynamodb {
namespace {

namespace bj = boost::json;

const Key kUser(Table::kUsers, "P", "S");

std::optional<Item> Decode(const std::string& text) {
  return DecodeItem(bj::parse(text).as_object());
}

TEST(ItemJson, WritesTheThreeTypesAndTheKey) {
  Item item;
  item.SetString("text", "a\"\n\u00FC");
  item.SetNumber("number", -42);
  item.SetBinary("bytes", std::string("\0\xFF\xFE", 3));
  std::string out;
  AppendItem(out, kUser, item);
  EXPECT_EQ(out, R"({"PK":{"S":"P"},"SK":{"S":"S"},"text":{"S":"a\"\nü"},"number":{"N":"-42"},)"
                 R"("bytes":{"B":"AP/+"}})");
  std::string key;
  AppendKey(key, Key(Table::kIdempotency, "I"));
  EXPECT_EQ(key, R"({"PK":{"S":"I"}})");
}

RC_GTEST_PROP(ItemJson, RoundTrips, (const std::string& bytes, std::int64_t number)) {
  Item item;
  item.SetBinary("b", bytes);
  item.SetNumber("n", number);
  item.SetString("s", "text");
  std::string out;
  AppendItem(out, kUser, item);
  const auto object = bj::parse(out).as_object();
  RC_ASSERT(DecodeItem(object) == item);
  RC_ASSERT(DecodeSort(object) == "S");
}

TEST(ItemJson, SkipsUnsupportedTypes) {
  const auto item = Decode(R"({"a":{"BOOL":true},"l":{"L":[]},"m":{"M":{}},"z":{"NULL":true},)"
                           R"("s":{"S":"x"}})");
  ASSERT_TRUE(item);
  EXPECT_EQ(item->FindString("s"), "x");
  EXPECT_FALSE(item->FindString("a"));
}

TEST(ItemJson, RejectsMalformedValues) {
  for (const char* text :
       {R"({"a":"x"})", R"({"a":{}})", R"({"a":{"S":1}})", R"({"a":{"S":"x","N":"1"}})",
        R"({"a":{"N":""}})", R"({"a":{"N":"1.5"}})", R"({"a":{"N":"1e3"}})",
        R"({"a":{"N":"9223372036854775808"}})", R"({"a":{"N":1}})", R"({"a":{"B":"A"}})",
        R"({"a":{"B":"AP_-"}})", R"({"a":{"B":"AP=="}})", R"({"a":{"B":"AAA=AAA="}})",
        R"({"a":{"B":"===="}})", R"({"":{"S":"x"}})", R"({"a":null})"}) {
    EXPECT_FALSE(Decode(text)) << text;
  }
  EXPECT_FALSE(Decode(R"({")" + std::string(256, 'a') + R"(":{"S":"x"}})"));
  EXPECT_FALSE(DecodeSort(bj::parse(R"({"SK":{"N":"1"}})").as_object()));
  EXPECT_EQ(DecodeSort(bj::object()), "");
}

}  // namespace
}  // namespace users::storage::dynamodb
