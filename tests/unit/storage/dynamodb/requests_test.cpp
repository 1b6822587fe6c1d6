#include "storage/dynamodb/requests.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "support/items.h"

namespace users::storage::dynamodb {
namespace {

namespace bj = boost::json;
using testing::Numbered;

const TableNames kNames{"users-table", "idempotency-table"};

// Compares JSON values, ignoring the order of members.
void ExpectJson(const std::string& actual, const char* expected) {
  EXPECT_EQ(bj::parse(actual), bj::parse(expected)) << actual;
}

TEST(Requests, WriteConditionsOfATransaction) {
  const Transaction transaction = {
      WriteOp::Put(Key(Table::kUsers, "P", "S"), Numbered(1),
                   Condition::NumberEquals("version", 7)),
      WriteOp::Put(Key(Table::kIdempotency, "I"), Numbered(2),
                   Condition::AbsentOrNumberAtMost("ttl", 99)),
      WriteOp::Delete(Key(Table::kUsers, "D", "S"), Condition::StringEquals("userId", "x\"")),
      WriteOp::Check(Key(Table::kUsers, "C", "S"), Condition::Absent()),
      WriteOp::Delete(Key(Table::kUsers, "E", "S")),
  };
  ExpectJson(TransactWriteBody(kNames, transaction, "token"), R"json({
    "ClientRequestToken": "token",
    "TransactItems": [
      {"Put": {"TableName": "users-table",
               "Item": {"PK": {"S": "P"}, "SK": {"S": "S"}, "n": {"N": "1"}},
               "ConditionExpression": "#a = :v",
               "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
               "ExpressionAttributeNames": {"#a": "version"},
               "ExpressionAttributeValues": {":v": {"N": "7"}}}},
      {"Put": {"TableName": "idempotency-table",
               "Item": {"PK": {"S": "I"}, "n": {"N": "2"}},
               "ConditionExpression": "attribute_not_exists(PK) OR #a <= :v",
               "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
               "ExpressionAttributeNames": {"#a": "ttl"},
               "ExpressionAttributeValues": {":v": {"N": "99"}}}},
      {"Delete": {"TableName": "users-table", "Key": {"PK": {"S": "D"}, "SK": {"S": "S"}},
                  "ConditionExpression": "#a = :v",
                  "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                  "ExpressionAttributeNames": {"#a": "userId"},
                  "ExpressionAttributeValues": {":v": {"S": "x\""}}}},
      {"ConditionCheck": {"TableName": "users-table", "Key": {"PK": {"S": "C"}, "SK": {"S": "S"}},
                          "ConditionExpression": "attribute_not_exists(PK)",
                          "ReturnValuesOnConditionCheckFailure": "ALL_OLD"
}
},
      {"Delete": {"TableName": "users-table", "Key": {"PK": {"S": "E"}, "SK": {"S": "S"}}}}
    ]
})json");
}

TEST(Requests, UseConsistentReads) {
  ExpectJson(GetItemBody(kNames, Key(Table::kIdempotency, "I")), R"({
    "TableName": "idempotency-table", "Key": {"PK": {"S": "I"}}, "ConsistentRead": true})");
  ExpectJson(QueryBody(kNames, Table::kUsers, "L#0", "", "", 14), R"({
    "TableName": "users-table", "KeyConditionExpression": "PK = :p",
    "ExpressionAttributeValues": {":p": {"S": "L#0"}},
    "Limit": 14, "ConsistentRead": true, "ScanIndexForward": true})");
  ExpectJson(QueryBody(kNames, Table::kUsers, "L#0", "U", "", 1), R"({
    "TableName": "users-table", "KeyConditionExpression": "PK = :p AND SK > :a",
    "ExpressionAttributeValues": {":p": {"S": "L#0"}, ":a": {"S": "U"}},
    "Limit": 1, "ConsistentRead": true, "ScanIndexForward": true})");
  ExpectJson(TransactGetBody(kNames, {Key(Table::kUsers, "P", "S"), Key(Table::kIdempotency, "I")}),
             R"({"TransactItems": [
    {"Get": {"TableName": "users-table", "Key": {"PK": {"S": "P"}, "SK": {"S": "S"}}}},
    {"Get": {"TableName": "idempotency-table", "Key": {"PK": {"S": "I"}}}}]})");
}

TEST(Requests, GroupABatchByTable) {
  ExpectJson(BatchGetBody(kNames, {Key(Table::kUsers, "P", "S"), Key(Table::kIdempotency, "I"),
                                   Key(Table::kUsers, "Q", "S")}),
             R"({"RequestItems": {
    "users-table": {"Keys": [{"PK": {"S": "P"}, "SK": {"S": "S"}},
                             {"PK": {"S": "Q"}, "SK": {"S": "S"}}], "ConsistentRead": true},
    "idempotency-table": {"Keys": [{"PK": {"S": "I"}}], "ConsistentRead": true}}})");
  ExpectJson(BatchGetBody(kNames, {Key(Table::kIdempotency, "I")}), R"({"RequestItems": {
    "idempotency-table": {"Keys": [{"PK": {"S": "I"}}], "ConsistentRead": true}}})");
}

TEST(Requests, BoundAQueryInItsKeyConditionAlone) {
  ExpectJson(QueryBody(kNames, Table::kUsers, "L#0", "", "W", 14), R"({
    "TableName": "users-table", "KeyConditionExpression": "PK = :p AND SK <= :l",
    "ExpressionAttributeValues": {":p": {"S": "L#0"}, ":l": {"S": "W"}},
    "Limit": 14, "ConsistentRead": true, "ScanIndexForward": true})");
  ExpectJson(QueryBody(kNames, Table::kUsers, "L#0", "U", "W", 1), R"({
    "TableName": "users-table", "KeyConditionExpression": "PK = :p AND SK <= :l",
    "ExpressionAttributeValues": {":p": {"S": "L#0"}, ":l": {"S": "W"}},
    "ExclusiveStartKey": {"PK": {"S": "L#0"}, "SK": {"S": "U"}},
    "Limit": 1, "ConsistentRead": true, "ScanIndexForward": true})");
}

TEST(Requests, FilterAScanByPrefixes) {
  ScanRange range(Table::kUsers, {"USER#", "USER_ROLE#"});
  ExpectJson(ScanBody(kNames, range), R"json({
    "TableName": "users-table", "ConsistentRead": true,
    "FilterExpression": "begins_with(PK, :p0) OR begins_with(PK, :p1)",
    "ExpressionAttributeValues": {":p0": {"S": "USER#"}, ":p1": {"S": "USER_ROLE#"}}})json");
  range.prefixes.pop_back();
  range.after = Key(Table::kUsers, "USER#1", "PROFILE");
  ExpectJson(ScanBody(kNames, range), R"json({
    "TableName": "users-table", "ConsistentRead": true,
    "FilterExpression": "begins_with(PK, :p0)",
    "ExpressionAttributeValues": {":p0": {"S": "USER#"}},
    "ExclusiveStartKey": {"PK": {"S": "USER#1"}, "SK": {"S": "PROFILE"}}})json");
}

}  // namespace
}  // namespace users::storage::dynamodb
