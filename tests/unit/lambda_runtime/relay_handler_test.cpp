#include "lambda_runtime/relay_handler.h"

#include <gtest/gtest.h>

#include "base/json/json.h"
#include "support/fake_bus.h"
#include "support/memory_sink.h"
#include "support/run_task.h"
#include "support/stream_records.h"

namespace users::lambda_runtime {
namespace {

using audit::Receipt;
using testing::AuditRecord;
using testing::Batch;
using testing::FakeBus;
using testing::kAnn;
using testing::kBob;
using testing::RunTask;

// A table with `entries` audit entries of Ann. It supports only queries and returns a few rows at a
// time.
class AnnsEntries final : public storage::TableStore {
 public:
  Task<Result<storage::TransactionResult>> TransactWrite(storage::Transaction, Deadline) override {
    co_return Error::Internal();
  }
  Task<Result<std::vector<std::optional<storage::Item>>>> Get(std::vector<storage::Key>,
                                                              Deadline) override {
    co_return Error::Internal();
  }
  Task<Result<std::vector<std::optional<storage::Item>>>> GetEach(std::vector<storage::Key>,
                                                                  Deadline) override {
    co_return Error::Internal();
  }
  Task<Result<storage::Page>> Query(storage::QueryRange range, Deadline) override {
    ++queries;
    if (queries == unreachable_from) co_return Error::Unavailable("the table is unreachable");
    storage::Page page;
    if (range.partitions != std::vector{service::AuditKey(kAnn, 1).partition}) co_return page;
    for (std::uint64_t version = 1; version <= entries; ++version) {
      const storage::Key key = service::AuditKey(kAnn, version);
      if (key.sort <= range.after) continue;
      page.more = page.rows.size() == kRows;
      if (page.more) break;
      domain::AuditEntry entry = testing::EntryOf(kAnn, version);
      if (version == forged) entry.actor = "arn:aws:iam::123456789012:user/mallory";
      storage::Item item = service::EncodeAuditEntry(entry);
      if (version == broken) item = storage::Item();
      page.rows.push_back(storage::Row{key.sort, std::move(item)});
    }
    co_return page;
  }

  static constexpr std::size_t kRows = 4;
  std::uint64_t entries = 0;
  std::uint64_t broken = 0;
  std::uint64_t forged = 0;
  int queries = 0;
  int unreachable_from = 0;
};

class RelayHandlerTest : public ::testing::Test {
 protected:
  Result<std::string> Handle(FakeBus& bus, std::string event,
                             std::chrono::milliseconds time = std::chrono::seconds(60)) {
    RelayHandler handler("users_audit_publish", bus, table_, clock_, log_);
    Invocation invocation;
    invocation.event = std::move(event);
    invocation.deadline = DeadlineIn(time);
    return RunTask(handler.Handle(invocation));
  }

  // Returns the sequence number from which Lambda must retry, or the error message.
  std::string FirstFailure(FakeBus& bus, std::string event) {
    const auto response = Handle(bus, std::move(event));
    if (!response.ok()) return response.error().message;
    const auto parsed = json::Parse(*response);
    const auto& failures = parsed->value.at("batchItemFailures").as_array();
    if (failures.empty()) return "";
    EXPECT_EQ(failures.size(), 1U);
    return std::string(failures[0].at("itemIdentifier").as_string());
  }

  const ManualClock clock_{*ParseTimestamp("2026-01-01T00:00:00Z")};
  testing::MemorySink sink_;
  const Log log_{sink_, clock_, LogLevel::kInfo};
  AnnsEntries table_;
};

// Permanently rejects the entry of one user and version.
FakeBus::Decide Reject(std::string_view user_id, std::uint64_t version) {
  const std::string detail = audit::EventDetail(testing::EntryOf(user_id, version));
  return [detail](const audit::BusEvent& event, int) {
    return event.detail == detail ? Receipt::kRejected : Receipt::kTaken;
  };
}

TEST_F(RelayHandlerTest, PublishesABatch) {
  FakeBus bus;
  const auto response = Handle(bus, Batch({AuditRecord("1", kAnn, 1), AuditRecord("2", kBob, 1),
                                           AuditRecord("3", kAnn, 2)}));
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(*response, R"({"batchItemFailures":[]})");
  EXPECT_EQ(bus.taken, (std::vector{audit::EventDetail(testing::EntryOf(kAnn, 1)),
                                    audit::EventDetail(testing::EntryOf(kBob, 1)),
                                    audit::EventDetail(testing::EntryOf(kAnn, 2))}));
}

TEST_F(RelayHandlerTest, ReportsTheFirstFailedRecord) {
  FakeBus bus(Reject(kAnn, 1));
  EXPECT_EQ(FirstFailure(bus, Batch({AuditRecord("9", kBob, 1), AuditRecord("10", kAnn, 1),
                                     AuditRecord("11", kAnn, 2), AuditRecord("12", kBob, 2)})),
            "10");
  EXPECT_EQ(bus.taken.back(), audit::EventDetail(testing::EntryOf(kBob, 2)));
}

// Records normally arrive in order. The comparison must depend neither on that nor on the length of
// the numbers.
TEST_F(RelayHandlerTest, ComparesSequenceNumbersAsNumbers) {
  FakeBus bus;
  bus.unreachable_from = 1;
  EXPECT_EQ(FirstFailure(bus, Batch({AuditRecord("100", kAnn, 1), AuditRecord("99", kBob, 1)})),
            "99");
}

TEST_F(RelayHandlerTest, BlocksOnlyTheUserOfAnUnreadableRecord) {
  std::string broken = AuditRecord("1", kAnn, 1);
  broken.replace(broken.find("\"schema\""), 8, "\"skema_\"");
  FakeBus bus;
  EXPECT_EQ(
      FirstFailure(bus, Batch({broken, AuditRecord("2", kBob, 1), AuditRecord("3", kAnn, 2)})),
      "1");
  EXPECT_EQ(bus.taken, std::vector{audit::EventDetail(testing::EntryOf(kBob, 1))});
  EXPECT_EQ(sink_.Count("record_broken"), 1U);
}

// An attacker changes a record in transit or writes a forged entry into the table.
std::string Forged(std::string record) {
  constexpr std::string_view kActor = "user/clerk";
  record.replace(record.find(kActor), kActor.size(), "user/admin");
  return record;
}

TEST_F(RelayHandlerTest, BlocksOnlyTheUserOfAForgedEntry) {
  FakeBus bus;
  EXPECT_EQ(FirstFailure(bus, Batch({AuditRecord("1", kBob, 1), Forged(AuditRecord("2", kAnn, 1)),
                                     AuditRecord("3", kBob, 2), AuditRecord("4", kAnn, 2)})),
            "2");
  EXPECT_EQ(bus.taken, (std::vector{audit::EventDetail(testing::EntryOf(kBob, 1)),
                                    audit::EventDetail(testing::EntryOf(kBob, 2))}));
  const auto lines = sink_.Lines();
  ASSERT_EQ(lines.size(), 2U);
  const auto line = json::Parse(lines[0]);
  ASSERT_TRUE(line.ok());
  EXPECT_EQ(line->value.at("level"), "error");
  EXPECT_EQ(line->value.at("event"), "entry_does_not_verify");
  EXPECT_EQ(line->value.at("userId").as_string(), kAnn);
  EXPECT_EQ(line->value.at("version"), 1);
  EXPECT_EQ(line->value.at("sequenceNumber"), "2");
  EXPECT_EQ(json::Parse(lines[1])->value.at("BrokenEntries"), 1);
}

TEST_F(RelayHandlerTest, KeepsFailingABatchWithAForgedEntry) {
  std::string payload;
  json::AppendString(payload, Batch({Forged(AuditRecord("1", kAnn, 1))}));
  FakeBus bus;
  const auto failed = Handle(bus, R"({"DDBStreamBatchInfo":{},"payload":)" + payload + "}");
  EXPECT_FALSE(failed.ok());
  EXPECT_EQ(bus.calls, 0);
}

TEST_F(RelayHandlerTest, FailsAManualRetryUntilAllEntriesArePublished) {
  std::string payload;
  json::AppendString(payload, Batch({AuditRecord("1", kAnn, 1), AuditRecord("2", kAnn, 2)}));
  const std::string event = R"({"DDBStreamBatchInfo":{},"payload":)" + payload + "}";
  FakeBus rejecting(Reject(kAnn, 2));
  const auto failed = Handle(rejecting, event);
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().message,
            "1 of 2 entries could not be published, the first is that of sequence number 2. "
            "Invoke again with the same record.");
  FakeBus bus;
  const auto response = Handle(bus, event);
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(*response, R"({"published":2})");
}

std::string Order(std::uint64_t from_version) {
  return R"({"republish":{"userId":")" + std::string(kAnn) + R"(","fromVersion":)" +
         std::to_string(from_version) + "}}";
}

TEST_F(RelayHandlerTest, RepublishesTheEntriesOfOneUser) {
  table_.entries = 11;
  FakeBus bus;
  const auto response = Handle(bus, Order(3));
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(*response, R"({"published":9,"lastVersion":11})");
  ASSERT_EQ(bus.taken.size(), 9U);
  EXPECT_EQ(bus.taken.front(), audit::EventDetail(testing::EntryOf(kAnn, 3)));
  EXPECT_EQ(bus.taken.back(), audit::EventDetail(testing::EntryOf(kAnn, 11)));
}

TEST_F(RelayHandlerTest, AcceptsARepublishWithoutEntries) {
  table_.entries = 2;
  FakeBus bus;
  const auto response = Handle(bus, Order(3));
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(*response, R"({"published":0,"lastVersion":2})");
}

TEST_F(RelayHandlerTest, NamesTheVersionToContinueFromWhenItStops) {
  table_.entries = 11;
  FakeBus rejecting(Reject(kAnn, 6));
  auto stopped = Handle(rejecting, Order(1));
  ASSERT_FALSE(stopped.ok());
  EXPECT_EQ(stopped.error().message,
            "The event bus did not take the next one. 5 entries were published. Go on with "
            "fromVersion 6.");

  table_.queries = 0;
  table_.unreachable_from = 2;
  FakeBus bus;
  stopped = Handle(bus, Order(1));
  ASSERT_FALSE(stopped.ok());
  EXPECT_EQ(stopped.error().message,
            "The table could not be read. 4 entries were published. Go on with fromVersion 5.");

  table_.unreachable_from = 0;
  table_.broken = 8;
  stopped = Handle(bus, Order(1));
  ASSERT_FALSE(stopped.ok());
  EXPECT_EQ(stopped.error().message,
            "The next entry cannot be read. 7 entries were published. Go on with fromVersion 8.");

  table_.broken = 0;
  table_.forged = 3;
  stopped = Handle(bus, Order(1));
  ASSERT_FALSE(stopped.ok());
  EXPECT_EQ(stopped.error().message,
            "The next entry does not verify. 2 entries were published. Go on with fromVersion 3.");

  stopped = Handle(bus, Order(1), std::chrono::milliseconds(0));
  ASSERT_FALSE(stopped.ok());
  EXPECT_EQ(stopped.error().message,
            "The time was over. 0 entries were published. Go on with fromVersion 1.");
}

TEST_F(RelayHandlerTest, LogsOneLineWithMetrics) {
  FakeBus bus(Reject(kAnn, 1));
  FirstFailure(bus, Batch({AuditRecord("1", kAnn, 1), AuditRecord("2", kBob, 1)}));
  const auto lines = sink_.Lines();
  ASSERT_EQ(lines.size(), 1U);
  const auto line = json::Parse(lines[0]);
  ASSERT_TRUE(line.ok());
  EXPECT_EQ(line->value.at("operation"), "users_audit_publish");
  EXPECT_EQ(line->value.at("kind"), "stream");
  EXPECT_EQ(line->value.at("firstFailed"), "1");
  EXPECT_EQ(line->value.at("Published"), 1);
  EXPECT_EQ(line->value.at("FailedRecords"), 1);
  EXPECT_EQ(line->value.at("BrokenEntries"), 0);
  EXPECT_EQ(line->value.at("ColdStart"), 1);
}

TEST_F(RelayHandlerTest, RejectsUnknownEvents) {
  FakeBus bus;
  const auto response = Handle(bus, "{}");
  ASSERT_FALSE(response.ok());
  EXPECT_EQ(bus.calls, 0);
}

}  // namespace
}  // namespace users::lambda_runtime
