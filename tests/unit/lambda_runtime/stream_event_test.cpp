#include "lambda_runtime/stream_event.h"

#include <gtest/gtest.h>

#include "base/json/json.h"
#include "support/stream_records.h"

namespace users::lambda_runtime {
namespace {

using testing::AuditRecord;
using testing::Batch;
using testing::kAnn;

TEST(ReadRelayEvent, FindsTheInsertedAuditEntries) {
  const auto event =
      ReadRelayEvent(Batch({AuditRecord("100", kAnn, 1), AuditRecord("200", kAnn, 2)}));
  ASSERT_TRUE(event.ok());
  ASSERT_TRUE(event->batch);
  EXPECT_EQ(event->batch->origin, BatchOrigin::kStream);
  ASSERT_EQ(event->batch->records.size(), 2U);
  const StreamRecord& record = event->batch->records[1];
  EXPECT_EQ(record.sequence_number, "200");
  EXPECT_EQ(record.chain, kAnn);
  ASSERT_TRUE(record.event);
  EXPECT_EQ(record.event->chain, kAnn);
  const auto detail = json::Parse(record.event->detail);
  ASSERT_TRUE(detail.ok());
  EXPECT_EQ(detail->value.at("version").as_int64(), 2);
  EXPECT_FALSE(detail->value.as_object().contains("salt"));
}

TEST(ReadRelayEvent, FindsEntriesAboutASubject) {
  domain::AuditEntry entry = testing::UnsealedEntry(3);
  entry.user_id.clear();
  entry.access_key_id.clear();
  entry.subject = "catalogue";
  testing::SealWithRandomSalt(entry, Sha256Digest{});
  const storage::Key key = service::AuditKey(entry.chain(), entry.version);
  std::string record = R"({"eventName":"INSERT","dynamodb":{"Keys":)";
  storage::dynamodb::AppendKey(record, key);
  record += R"(,"NewImage":)";
  storage::dynamodb::AppendItem(record, key, service::EncodeAuditEntry(entry));
  record += R"(,"SequenceNumber":"7"}})";
  const auto event = ReadRelayEvent(Batch({record}));
  ASSERT_TRUE(event.ok());
  ASSERT_EQ(event->batch->records.size(), 1U);
  const StreamRecord& found = event->batch->records.front();
  EXPECT_EQ(found.chain, "catalogue");
  EXPECT_EQ(found.version, 3U);
  ASSERT_TRUE(found.event);
  EXPECT_EQ(found.event->chain, "catalogue");
  EXPECT_EQ(found.event->detail, audit::EventDetail(entry));
}

TEST(ReadRelayEvent, ReadsAnOrderForASubject) {
  const auto event = ReadRelayEvent(R"({"republish":{"subject":"catalogue","fromVersion":2}})");
  ASSERT_TRUE(event.ok());
  ASSERT_TRUE(event->republish);
  EXPECT_EQ(event->republish->chain, "catalogue");
  EXPECT_EQ(event->republish->from_version, 2U);
}

TEST(ReadRelayEvent, SkipsRecordsThatAreNotNewAuditEntries) {
  std::string modified = AuditRecord("1", kAnn, 1);
  modified.replace(modified.find("INSERT"), 6, "MODIFY");
  std::string removed = AuditRecord("2", kAnn, 1);
  removed.replace(removed.find("INSERT"), 6, "REMOVE");
  std::string profile = AuditRecord("3", kAnn, 1);
  for (std::size_t at = 0; (at = profile.find("AUDIT#")) != profile.npos;) {
    profile.replace(at, 6, "USER#");
  }
  const auto event = ReadRelayEvent(Batch({modified, removed, profile}));
  ASSERT_TRUE(event.ok());
  EXPECT_TRUE(event->batch->records.empty());
}

TEST(ReadRelayEvent, KeepsUnreadableRecords) {
  for (const std::string broken :
       {R"("NewImage":{"v":{"N":"x"}})", R"("NewImage":{})", R"("NewImage":null)", R"("x":1)"}) {
    std::string record = R"({"eventName":"INSERT","dynamodb":{"Keys":{"PK":{"S":"AUDIT#)" +
                         std::string(kAnn) + R"("},"SK":{"S":"0000000001"}},)" +
                         R"("SequenceNumber":"7",)" + broken + "}}";
    const auto event = ReadRelayEvent(Batch({record}));
    ASSERT_TRUE(event.ok()) << broken;
    ASSERT_EQ(event->batch->records.size(), 1U);
    EXPECT_FALSE(event->batch->records[0].event);
    EXPECT_EQ(event->batch->records[0].chain, kAnn);
    EXPECT_EQ(event->batch->records[0].sequence_number, "7");
  }
}

TEST(ReadRelayEvent, ReadsObjectsOfTheFailureBucket) {
  const std::string batch = Batch({AuditRecord("100", kAnn, 1)});
  std::string quoted;
  json::AppendString(quoted, batch);
  for (const std::string& payload : {quoted, batch}) {
    const auto event = ReadRelayEvent(
        R"({"requestContext":{"condition":"RetryAttemptsExhausted"},"version":"1.0",)"
        R"("DDBStreamBatchInfo":{"shardId":"s","batchSize":1},"payload":)" +
        payload + "}");
    ASSERT_TRUE(event.ok());
    ASSERT_TRUE(event->batch);
    EXPECT_EQ(event->batch->origin, BatchOrigin::kFailureBucket);
    EXPECT_EQ(event->batch->records.size(), 1U);
  }
}

TEST(ReadRelayEvent, ReadsRepublishEvents) {
  const auto event =
      ReadRelayEvent(R"({"republish":{"userId":")" + std::string(kAnn) + R"(","fromVersion":7}})");
  ASSERT_TRUE(event.ok());
  ASSERT_TRUE(event->republish);
  EXPECT_FALSE(event->batch);
  EXPECT_EQ(event->republish->chain, kAnn);
  EXPECT_EQ(event->republish->from_version, 7U);
}

TEST(ReadRelayEvent, NamesTheFaultOfAnInvalidEvent) {
  const std::string ann(kAnn);
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "not JSON"},
      {"[]", "must be an object"},
      {"null", "must be an object"},
      {"{}", "Records must be a list"},
      {R"({"Records":{}})", "Records must be a list"},
      {R"({"Records":[1]})", "stream of a DynamoDB table"},
      {R"({"Records":[{"eventName":"INSERT"}]})", "stream of a DynamoDB table"},
      {R"({"DDBStreamBatchInfo":{}})", "payload is missing"},
      {R"({"DDBStreamBatchInfo":{},"payload":7})", "payload must be an event"},
      {R"({"DDBStreamBatchInfo":{},"payload":"{"})", "payload must be an event"},
      {R"({"DDBStreamBatchInfo":{},"payload":"[]"})", "payload must be an event"},
      {R"({"republish":{}})", "republish.userId"},
      {R"({"republish":{"userId":"x","fromVersion":1}})", "republish.userId must be a user id"},
      {R"({"republish":{"subject":")" + ann + R"(","fromVersion":1}})", "republish.subject"},
      {R"({"republish":{"subject":"","fromVersion":1}})", "republish.subject"},
      {R"({"republish":{"subject":"store","userId":")" + ann + R"(","fromVersion":1}})",
       "republish.userId"},
      {R"({"republish":{"userId":")" + ann + R"(","fromVersion":0}})", "republish.fromVersion"},
      {R"({"republish":{"userId":")" + ann + R"(","fromVersion":"1"}})", "republish.fromVersion"},
      {R"({"republish":{"userId":")" + ann + R"("}})", "republish.fromVersion"},
      {R"({"republish":{"userId":")" + ann + R"(","fromVersion":1,"x":1}})", "republish.x"},
      {R"({"republish":{"userId":")" + ann + R"(","fromVersion":1},"Records":[]})", "Records"},
      {R"({"republish":7})", "republish"},
  };
  for (const auto& [text, says] : cases) {
    const auto event = ReadRelayEvent(text);
    ASSERT_FALSE(event.ok()) << text;
    EXPECT_NE(event.error().message.find(says), std::string::npos)
        << text << ": " << event.error().message;
  }
}

TEST(ReadRelayEvent, RejectsRecordsWithoutSequenceNumber) {
  for (const std::string number : {R"("SequenceNumber":"")", R"("SequenceNumber":"1x")",
                                   R"("SequenceNumber":7)", R"("x":"7")"}) {
    std::string record = AuditRecord("100", kAnn, 1);
    const std::string place = R"("SequenceNumber":"100")";
    record.replace(record.find(place), place.size(), number);
    EXPECT_FALSE(ReadRelayEvent(Batch({record})).ok()) << number;
  }
}

TEST(IsEarlier, ComparesNumbersOfAnyLength) {
  EXPECT_TRUE(IsEarlier("9", "10"));
  EXPECT_FALSE(IsEarlier("10", "9"));
  EXPECT_TRUE(IsEarlier("000000000000000000009", "10"));
  EXPECT_FALSE(IsEarlier("007", "7"));
  EXPECT_FALSE(IsEarlier("7", "007"));
  EXPECT_TRUE(IsEarlier("0", "1"));
  EXPECT_FALSE(IsEarlier("0", "000"));
  EXPECT_TRUE(IsEarlier("1234567890123456789012345678901234567890",
                        "1234567890123456789012345678901234567891"));
  EXPECT_TRUE(IsEarlier("999999999999999999999", "1000000000000000000000"));
}

}  // namespace
}  // namespace users::lambda_runtime
