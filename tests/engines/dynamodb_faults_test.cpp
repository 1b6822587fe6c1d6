// The DynamoDB store on a connection that fails in every way that the proxy knows.
#include <gtest/gtest.h>

#include "contract/table_store_contract.h"
#include "engines/dynamodb_tables.h"
#include "engines/fault_proxy.h"
#include "support/items.h"
#include "support/run_task.h"

namespace users::testing {
namespace {

using storage::Condition;
using storage::Item;
using storage::Key;
using storage::OpOutcome;
using storage::Table;
using storage::Transaction;
using storage::TransactionResult;
using storage::WriteOp;

constexpr std::chrono::seconds kPatience{60};
constexpr std::chrono::milliseconds kReadTime{2'000};  // limits a hang

// All faults. A call succeeds if it is retried often enough.
std::vector<Fault> AllFaults() {
  std::vector<Fault> all;
  for (int i = 0; i < kFaultKinds; ++i) all.push_back(static_cast<Fault>(i));
  return all;
}

DynamoDbTablesOptions Impatient(int max_attempts) {
  DynamoDbTablesOptions options;
  options.read_time = kReadTime;
  options.retries.max_attempts = max_attempts;
  options.retries.base = std::chrono::milliseconds(1);
  options.retries.throttled_base = std::chrono::milliseconds(2);
  return options;
}

class DynamoDbFaultsTest : public ::testing::Test {
 protected:
  ~DynamoDbFaultsTest() override {
    for (const std::string& violation : proxy_.violations()) ADD_FAILURE() << violation;
  }

  Result<TransactionResult> Write(Transaction transaction,
                                  Deadline deadline = DeadlineIn(kPatience)) {
    return RunTask(tables_.store().TransactWrite(std::move(transaction), deadline));
  }
  std::int64_t Read(const Key& key) {
    const auto read = RunTask(tables_.store().Get({key}, DeadlineIn(kPatience)));
    EXPECT_TRUE(read.ok());
    if (!read.ok() || !read->front()) return -1;
    return read->front()->FindNumber("n").value_or(-2);
  }

  FaultProxy proxy_{SharedEngine("dynoxide").port()};
  DynamoDbTables tables_{proxy_.url(), Impatient(4)};
};

// The increment would fail if it took effect twice, or if its retry had another token.
TEST_F(DynamoDbFaultsTest, WriteTakesEffectOnceDespiteEveryFault) {
  ASSERT_TRUE(Write({WriteOp::Put(UserKey("P"), Numbered(0))}).ok());
  std::int64_t n = 0;
  for (const Fault fault : AllFaults()) {
    const bool is_harmless = fault == Fault::kSlow || fault == Fault::kConflictBeside;
    const int most = is_harmless || fault == Fault::kHang ? 1 : 3;
    for (int times = 1; times <= most; ++times) {
      proxy_.FailNext(fault, times);
      proxy_.TakeCalls();
      const auto written = Write(
          {WriteOp::Put(UserKey("P"), Numbered(n + 1), Condition::NumberEquals("n", n)),
           WriteOp::Put(UserKey("log", std::to_string(n)), Numbered(n), Condition::Absent())});
      ASSERT_TRUE(written.ok()) << NameOf(fault) << " x " << times;
      EXPECT_TRUE(written->committed) << NameOf(fault) << " x " << times;
      EXPECT_EQ(Read(UserKey("P")), ++n) << NameOf(fault) << " x " << times;
      EXPECT_EQ(proxy_.TakeCalls()["TransactWriteItems"], is_harmless ? 1 : times + 1)
          << NameOf(fault) << " x " << times;
    }
  }
}

TEST_F(DynamoDbFaultsTest, ReadsSurviveEveryFault) {
  ASSERT_TRUE(Write({WriteOp::Put(UserKey("P"), Numbered(7)),
                     WriteOp::Put(Key(Table::kIdempotency, "I"), Numbered(8))})
                  .ok());
  for (const Fault fault : AllFaults()) {
    proxy_.FailNext(fault);
    EXPECT_EQ(Read(UserKey("P")), 7) << NameOf(fault);
    proxy_.FailNext(fault);
    const std::vector<Key> keys = {UserKey("P"), Key(Table::kIdempotency, "I")};
    const auto both = RunTask(tables_.store().Get(keys, DeadlineIn(kPatience)));
    ASSERT_TRUE(both.ok()) << NameOf(fault);
    EXPECT_EQ((*both)[1]->FindNumber("n"), 8) << NameOf(fault);
    proxy_.FailNext(fault);
    const auto each = RunTask(tables_.store().GetEach(keys, DeadlineIn(kPatience)));
    ASSERT_TRUE(each.ok()) << NameOf(fault);
    EXPECT_EQ((*each)[0]->FindNumber("n"), 7) << NameOf(fault);
    EXPECT_EQ((*each)[1]->FindNumber("n"), 8) << NameOf(fault);
    proxy_.FailNext(fault);
    const storage::QueryRange range(Table::kUsers, {"P", "Q"}, "", 10);
    const auto page = RunTask(tables_.store().Query(range, DeadlineIn(kPatience)));
    ASSERT_TRUE(page.ok()) << NameOf(fault);
    EXPECT_EQ(page->rows.size(), 1U) << NameOf(fault);
  }
}

TEST_F(DynamoDbFaultsTest, PersistentFaultIsAnErrorAfterFourAttempts) {
  for (const Fault fault : {Fault::kThrottled, Fault::kServerError, Fault::kReset,
                            Fault::kThrottledWrite, Fault::kTruncated, Fault::kInProgress}) {
    proxy_.FailNext(fault, 4);
    proxy_.TakeCalls();
    const auto written = Write({WriteOp::Put(UserKey("P"), Numbered(1))});
    ASSERT_FALSE(written.ok()) << NameOf(fault);
    EXPECT_EQ(written.error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(proxy_.TakeCalls()["TransactWriteItems"], 4) << NameOf(fault);
  }
}

TEST_F(DynamoDbFaultsTest, ReportsPersistentConflict) {
  proxy_.FailNext(Fault::kConflict, 4);
  const auto written = Write({WriteOp::Put(UserKey("P"), Numbered(1)),
                              WriteOp::Put(UserKey("Q"), Numbered(1), Condition::Absent())});
  ASSERT_TRUE(written.ok());
  EXPECT_FALSE(written->committed);
  ASSERT_EQ(written->reasons.size(), 2U);
  int conflicts = 0;
  for (const auto& reason : written->reasons) {
    conflicts += reason.outcome == OpOutcome::kConflict ? 1 : 0;
  }
  EXPECT_EQ(conflicts, 1);
  EXPECT_EQ(Read(UserKey("P")), -1);
}

TEST_F(DynamoDbFaultsTest, ReportsConflictNextToFailedConditionWithoutRetry) {
  ASSERT_TRUE(Write({WriteOp::Put(UserKey("P"), Numbered(5))}).ok());
  proxy_.FailNext(Fault::kConflictBeside);
  proxy_.TakeCalls();
  const auto written = Write({WriteOp::Put(UserKey("P"), Numbered(6), Condition::Absent()),
                              WriteOp::Put(UserKey("Q"), Numbered(1), Condition::Absent())});
  ASSERT_TRUE(written.ok());
  EXPECT_EQ(written->reasons[0].outcome, OpOutcome::kConditionFailed);
  EXPECT_EQ(written->reasons[0].old_item->FindNumber("n"), 5);
  EXPECT_EQ(written->reasons[1].outcome, OpOutcome::kConflict);
  EXPECT_EQ(proxy_.TakeCalls()["TransactWriteItems"], 1);
}

TEST_F(DynamoDbFaultsTest, BatchReadsAgainOnlyWhatIsLeft) {
  Transaction transaction;
  std::vector<Key> keys;
  for (int i = 0; i < 7; ++i) {
    keys.push_back(UserKey("P" + std::to_string(i)));
    transaction.push_back(WriteOp::Put(keys.back(), Numbered(i)));
  }
  ASSERT_TRUE(Write(transaction).ok());
  proxy_.FailNext(Fault::kUnprocessed, 6);
  proxy_.TakeCalls();
  proxy_.TakeUnits();
  const auto read = RunTask(tables_.store().GetEach(keys, DeadlineIn(kPatience)));
  ASSERT_TRUE(read.ok());
  for (int i = 0; i < 7; ++i) EXPECT_EQ(NumberOf((*read)[static_cast<std::size_t>(i)]), i);
  EXPECT_EQ(proxy_.TakeCalls()["BatchGetItem"], 7);
  EXPECT_EQ(proxy_.TakeUnits()["BatchGetItem"], 7);
}

TEST_F(DynamoDbFaultsTest, BatchThatIsNeverReadEndsAtTheDeadline) {
  proxy_.FailNext(Fault::kUnprocessed, 10'000);
  const auto read =
      RunTask(tables_.store().GetEach({UserKey("P")}, DeadlineIn(std::chrono::milliseconds(300))));
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, ErrorCode::kUnavailable);
}

TEST_F(DynamoDbFaultsTest, HangEndsAtTheDeadline) {
  proxy_.FailNext(Fault::kHang, 100);
  const auto written =
      Write({WriteOp::Put(UserKey("P"), Numbered(1))}, DeadlineIn(std::chrono::seconds(1)));
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(proxy_.TakeCalls()["TransactWriteItems"], 1);
}

// The whole contract on such a connection.
class FaultyHolder final : public StoreHolder {
 public:
  explicit FaultyHolder(unsigned short engine_port) : proxy_(engine_port) {
    std::vector<Fault> quick = AllFaults();
    std::erase(quick, Fault::kHang);
    proxy_.FailAtRandom(8, std::move(quick), /*seed=*/20261125);
  }
  ~FaultyHolder() override {
    for (const std::string& violation : proxy_.violations()) ADD_FAILURE() << violation;
  }
  storage::TableStore& store() override { return tables_.store(); }
  storage::TableScan& scan() override { return tables_.store(); }

 private:
  FaultProxy proxy_;
  DynamoDbTables tables_{proxy_.url(), Impatient(12)};
};

StoreUnderTest OnABadLine(const std::string& engine, const std::string& name) {
  StoreUnderTest tested;
  tested.name = name;
  tested.make = [engine] { return std::make_unique<FaultyHolder>(SharedEngine(engine).port()); };
  tested.increments = 10;
  return tested;
}

INSTANTIATE_TEST_SUITE_P(Faulty, TableStoreContract,
                         ::testing::Values(OnABadLine("dynamodb-local", "DynamoDbLocal"),
                                           OnABadLine("dynoxide", "Dynoxide")),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace users::testing
