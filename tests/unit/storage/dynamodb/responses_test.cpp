#include "storage/dynamodb/responses.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace users::storage::dynamodb {
namespace {

namespace bj = boost::json;
using aws::RetryKind;

bj::object Object(const std::string& text) {
  return bj::parse(text).as_object();
}

// Returns the body of a cancellation with these codes.
bj::object Cancelled(const std::vector<std::string>& codes) {
  bj::array reasons;
  for (const std::string& code : codes) reasons.push_back(bj::object{{"Code", code}});
  return bj::object{{"CancellationReasons", reasons}};
}

RetryKind Classified(const std::vector<std::string>& codes) {
  aws::JsonResponse response;
  response.error = kCancelled;
  response.body = Cancelled(codes);
  return ClassifyTransaction(response);
}

TEST(ClassifyTransaction, TreatsAFailedConditionInAnyPositionAsFinal) {
  EXPECT_EQ(Classified({"None", "TransactionConflict"}), RetryKind::kContention);
  EXPECT_EQ(Classified({"TransactionConflict", "None", "None"}), RetryKind::kContention);
  EXPECT_EQ(Classified({"None", "ThrottlingError"}), RetryKind::kThrottling);
  EXPECT_EQ(Classified({"TransactionConflict", "ProvisionedThroughputExceeded"}),
            RetryKind::kThrottling);
  EXPECT_EQ(Classified({"ConditionalCheckFailed", "TransactionConflict"}), RetryKind::kNone);
  EXPECT_EQ(Classified({"ThrottlingError", "ConditionalCheckFailed"}), RetryKind::kNone);
  EXPECT_EQ(Classified({"ValidationError"}), RetryKind::kNone);
  EXPECT_EQ(Classified({"None"}), RetryKind::kNone);
  EXPECT_EQ(Classified({}), RetryKind::kNone);
  aws::JsonResponse other;
  other.error = "ValidationException";
  other.body = Cancelled({"TransactionConflict"});
  EXPECT_EQ(ClassifyTransaction(other), RetryKind::kNone);
}

TEST(ReadCancellation, ReturnsReasonsInOrderWithOldItems) {
  const auto read = ReadCancellation(Object(R"({"CancellationReasons": [
    {"Code": "None"},
    {"Code": "ConditionalCheckFailed", "Message": "m",
     "Item": {"PK": {"S": "P"}, "SK": {"S": "S"}, "n": {"N": "7"}}},
    {"Code": "ConditionalCheckFailed", "Item": null},
    {"Code": "TransactionConflict"}, {"Code": "ThrottlingError"}]})"),
                                     5);
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->committed);
  ASSERT_EQ(read->reasons.size(), 5U);
  EXPECT_EQ(read->reasons[0].outcome, OpOutcome::kNone);
  EXPECT_EQ(read->reasons[1].outcome, OpOutcome::kConditionFailed);
  EXPECT_EQ(read->reasons[1].old_item->FindNumber("n"), 7);
  EXPECT_FALSE(read->reasons[1].old_item->FindString("PK"));
  EXPECT_FALSE(read->reasons[2].old_item);
  EXPECT_EQ(read->reasons[3].outcome, OpOutcome::kConflict);
  EXPECT_EQ(read->reasons[4].outcome, OpOutcome::kThrottled);
}

TEST(ReadCancellation, ReturnsNothingForUnknownReasons) {
  EXPECT_FALSE(ReadCancellation(Cancelled({"None"}), 1)) << "cancelled without a reason";
  EXPECT_FALSE(ReadCancellation(Cancelled({"TransactionConflict"}), 2)) << "one is missing";
  EXPECT_FALSE(ReadCancellation(Cancelled({"ValidationError"}), 1));
  EXPECT_FALSE(ReadCancellation(Cancelled({""}), 1));
  for (const char* text :
       {"{}", R"({"CancellationReasons": null})", R"({"CancellationReasons": {}})",
        R"({"CancellationReasons": [1]})", R"({"CancellationReasons": [{"Code": 1}]})",
        R"({"CancellationReasons": [{"Code": "ConditionalCheckFailed", "Item": "x"}]})",
        R"({"CancellationReasons": [{"Code": "ConditionalCheckFailed", "Item": {"a": 1}}]})"}) {
    EXPECT_FALSE(ReadCancellation(Object(text), 1)) << text;
  }
}

TEST(ReadItems, ReturnsAsManyItemsAsRequested) {
  const auto read = ReadItems(Object(R"({"Responses": [{}, {"Item": {"n": {"N": "1"}}}]})"), 2);
  ASSERT_TRUE(read);
  EXPECT_FALSE((*read)[0]);
  EXPECT_EQ((*read)[1]->FindNumber("n"), 1);
  for (const char* text : {"{}", R"({"Responses": [{}]})", R"({"Responses": [{}, 1]})",
                           R"({"Responses": [{}, {"Item": 1}]})"}) {
    EXPECT_FALSE(ReadItems(Object(text), 2)) << text;
  }
}

const TableNames kNames{"users-table", "idempotency-table"};

TEST(ReadBatch, ReturnsItemsWithTheirKeysAndTheKeysThatAreLeft) {
  const auto read = ReadBatch(Object(R"({"Responses": {
    "users-table": [{"SK": {"S": "S"}, "PK": {"S": "P"}, "n": {"N": "1"}}],
    "idempotency-table": [{"PK": {"S": "I"}, "n": {"N": "2"}}], "another": 1},
    "UnprocessedKeys": {"users-table": {"ConsistentRead": true, "Keys": [
      {"PK": {"S": "Q"}, "SK": {"S": "S"}}, {"PK": {"S": "R"}, "SK": {"S": "S"}}]},
      "idempotency-table": {"Keys": [{"PK": {"S": "J"}}]}}})"),
                              kNames);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->found.size(), 2U);
  EXPECT_EQ(read->found[0].first, Key(Table::kUsers, "P", "S"));
  EXPECT_EQ(read->found[0].second.FindNumber("n"), 1);
  EXPECT_FALSE(read->found[0].second.Has("PK"));
  EXPECT_EQ(read->found[1].first, Key(Table::kIdempotency, "I"));
  EXPECT_EQ(read->unprocessed,
            (std::vector<Key>{Key(Table::kUsers, "Q", "S"), Key(Table::kUsers, "R", "S"),
                              Key(Table::kIdempotency, "J")}));
  for (const char* text : {R"({"Responses": {}})", R"({"Responses": {}, "UnprocessedKeys": {}})",
                           R"({"Responses": {"users-table": []}, "UnprocessedKeys": null})"}) {
    const auto nothing = ReadBatch(Object(text), kNames);
    ASSERT_TRUE(nothing) << text;
    EXPECT_TRUE(nothing->found.empty() && nothing->unprocessed.empty()) << text;
  }
}

TEST(ReadBatch, ReturnsNothingForMalformedResponses) {
  for (const char* text :
       {"{}", R"({"Responses": []})", R"({"Responses": {"users-table": 1}})",
        R"({"Responses": {"users-table": [1]}})", R"({"Responses": {"users-table": [{}]}})",
        R"({"Responses": {"users-table": [{"PK": {"S": "P"}}]}})",
        R"({"Responses": {"users-table": [{"PK": {"N": "1"}, "SK": {"S": "S"}}]}})",
        R"({"Responses": {"users-table": [{"PK": {"S": "P"}, "SK": {"S": "S"}, "n": 1}]}})",
        R"({"Responses": {"idempotency-table": [{"PK": {"S": "I"}, "SK": {"S": "S"}}]}})",
        R"({"Responses": {}, "UnprocessedKeys": {"users-table": {}}})",
        R"({"Responses": {}, "UnprocessedKeys": {"users-table": {"Keys": [1]}}})",
        R"({"Responses": {}, "UnprocessedKeys": {"users-table": {"Keys": [{}]}}})"}) {
    EXPECT_FALSE(ReadBatch(Object(text), kNames)) << text;
  }
}

TEST(ReadQuery, ReturnsRowsAndTheLastEvaluatedKey) {
  const auto read = ReadQuery(Object(R"({"Items": [
    {"PK": {"S": "P"}, "SK": {"S": "a"}, "n": {"N": "1"}},
    {"PK": {"S": "P"}, "SK": {"S": "b"}, "n": {"N": "2"}}],
    "LastEvaluatedKey": {"PK": {"S": "P"}, "SK": {"S": "b"}}})"));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->rows.size(), 2U);
  EXPECT_EQ(read->rows[1].sort, "b");
  EXPECT_EQ(read->last, "b");
  EXPECT_FALSE(ReadQuery(Object(R"({"Items": []})"))->last);
}

TEST(ReadQuery, ReturnsNothingForMalformedOrUnorderedRows) {
  for (const char* text :
       {"{}", R"({"Items": 1})", R"({"Items": [1]})",
        R"({"Items": [{"SK": {"S": "b"}}, {"SK": {"S": "a"}}]})",
        R"({"Items": [{"SK": {"S": "a"}}, {"SK": {"S": "a"}}]})",
        R"({"Items": [{"SK": {"S": "b"}}], "LastEvaluatedKey": {"SK": {"S": "a"}}})",
        R"({"Items": [], "LastEvaluatedKey": 1})", R"({"Items": [{"SK": {"S": 1}}]})"}) {
    EXPECT_FALSE(ReadQuery(Object(text))) << text;
  }
}

TEST(ReadScan, ReturnsItemsAndTheLastEvaluatedKey) {
  const auto read = ReadScan(Object(R"({"Items": [
    {"PK": {"S": "B"}, "SK": {"S": "s"}, "n": {"N": "1"}},
    {"PK": {"S": "A"}, "SK": {"S": "s"}, "n": {"N": "2"}}],
    "LastEvaluatedKey": {"PK": {"S": "Z"}, "SK": {"S": "z"}}})"),
                             Table::kUsers);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->items.size(), 2U);
  EXPECT_EQ(read->items[0].first, Key(Table::kUsers, "B", "s"));
  EXPECT_EQ(read->items[1].second.FindNumber("n"), 2);
  EXPECT_EQ(read->continue_after, Key(Table::kUsers, "Z", "z"));
  for (const char* text : {R"({"Items": []})", R"({"Items": [], "LastEvaluatedKey": null})",
                           R"({"Items": [], "LastEvaluatedKey": {}})"}) {
    const auto last = ReadScan(Object(text), Table::kUsers);
    ASSERT_TRUE(last) << text;
    EXPECT_FALSE(last->continue_after) << text;
  }
}

TEST(ReadScan, ReturnsNothingForMalformedResponses) {
  for (const char* text : {"{}", R"({"Items": 1})", R"({"Items": [1]})", R"({"Items": [{}]})",
                           R"({"Items": [{"PK": {"S": "P"}}]})",
                           R"({"Items": [{"PK": {"S": "P"}, "SK": {"S": "s"}, "n": 1}]})",
                           R"({"Items": [], "LastEvaluatedKey": 1})",
                           R"({"Items": [], "LastEvaluatedKey": {"PK": {"S": "P"}}})"}) {
    EXPECT_FALSE(ReadScan(Object(text), Table::kUsers)) << text;
  }
}

}  // namespace
}  // namespace users::storage::dynamodb
