// Many concurrent callers.
#include <atomic>

#include "contract/table_store_contract.h"
#include "support/items.h"
#include "support/run_task.h"

namespace users::testing {
namespace {

using storage::Condition;
using storage::Key;
using storage::Page;
using storage::QueryRange;
using storage::Table;
using storage::Transaction;
using storage::WriteOp;

TEST_P(TableStoreContract, LetsOneRivalWinAndShowsItsItemToTheOthers) {
  std::atomic<int> winners{0};
  std::atomic<int> losers{0};
  std::atomic<std::int64_t> winner{-1};
  std::vector<std::int64_t> seen(static_cast<std::size_t>(GetParam().rivals), -1);
  RunTogether(GetParam().rivals, 4, [&](int rival) -> Task<void> {
    Transaction transaction;
    transaction.push_back(
        WriteOp::Put(RecordKey("contested"), Numbered(rival), Condition::Absent()));
    transaction.push_back(WriteOp::Put(UserKey("U" + std::to_string(rival)), Numbered(rival)));
    auto result = co_await WriteDecided(store(), std::move(transaction));
    if (!result.ok()) co_return;
    if (result->committed) {
      ++winners;
      winner = rival;
    } else {
      ++losers;
      seen[static_cast<std::size_t>(rival)] = NumberOf(result->reasons[0].old_item);
    }
  });
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(losers, GetParam().rivals - 1);
  int users = 0;
  for (int rival = 0; rival < GetParam().rivals; ++rival) {
    if (GetOne(UserKey("U" + std::to_string(rival)))) ++users;
    if (rival != winner) {
      EXPECT_EQ(seen[static_cast<std::size_t>(rival)], winner);
    }
  }
  EXPECT_EQ(users, 1);
}

TEST_P(TableStoreContract, LosesNoConditionalIncrement) {
  ASSERT_TRUE(Write({WriteOp::Put(UserKey("counter"), Numbered(0))}).committed);
  const int rivals = std::min(8, GetParam().rivals);
  RunTogether(rivals, 4, [&](int rival) -> Task<void> {
    for (int i = 0; i < GetParam().increments; ++i) {
      while (true) {
        std::vector<Key> keys;
        keys.push_back(UserKey("counter"));
        auto read = co_await store().Get(std::move(keys), DeadlineIn(kPatience));
        if (!read.ok()) co_return;
        const std::int64_t n = NumberOf(read->front());
        Transaction transaction;
        transaction.push_back(
            WriteOp::Put(UserKey("counter"), Numbered(n + 1), Condition::NumberEquals("n", n)));
        transaction.push_back(WriteOp::Put(UserKey("log", std::to_string(n + 1)), Numbered(rival),
                                           Condition::Absent()));
        auto result = co_await WriteDecided(store(), std::move(transaction));
        if (!result.ok()) co_return;
        if (result->committed) break;
      }
    }
  });
  const std::int64_t total = static_cast<std::int64_t>(rivals) * GetParam().increments;
  EXPECT_EQ(NumberOf(GetOne(UserKey("counter"))), total);
  std::size_t logged = 0;
  std::string after;
  while (true) {
    const Page page = Query(QueryRange(Table::kUsers, {"log"}, after, 100));
    logged += page.rows.size();
    if (!page.more || page.rows.empty()) break;
    after = page.rows.back().sort;
  }
  EXPECT_EQ(logged, static_cast<std::size_t>(total));
}

TEST_P(TableStoreContract, ReadsTwoItemsAtomically) {
  ASSERT_TRUE(
      Write({WriteOp::Put(UserKey("A"), Numbered(0)), WriteOp::Put(RecordKey("B"), Numbered(0))})
          .committed);
  std::atomic<bool> done{false};
  std::atomic<int> torn{0};
  RunTogether(4, 4, [&](int role) -> Task<void> {
    if (role == 0) {
      for (int i = 1; i <= 200; ++i) {
        Transaction transaction;
        transaction.push_back(WriteOp::Put(UserKey("A"), Numbered(i)));
        transaction.push_back(WriteOp::Put(RecordKey("B"), Numbered(i)));
        auto written = co_await WriteDecided(store(), std::move(transaction));
        if (!written.ok()) break;
      }
      done = true;
      co_return;
    }
    while (!done) {
      std::vector<Key> keys;
      keys.push_back(UserKey("A"));
      keys.push_back(RecordKey("B"));
      auto read = co_await store().Get(std::move(keys), DeadlineIn(kPatience));
      if (read.ok() && NumberOf((*read)[0]) != NumberOf((*read)[1])) ++torn;
    }
  });
  EXPECT_EQ(torn, 0);
  EXPECT_EQ(NumberOf(GetOne(UserKey("A"))), 200);
}

TEST_P(TableStoreContract, ReadsTheNewestCommittedState) {
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(Write({WriteOp::Put(UserKey("P"), Numbered(i))}).committed);
    ASSERT_EQ(NumberOf(GetOne(UserKey("P"))), i);
    ASSERT_EQ(NumberOf(Query(QueryRange(Table::kUsers, {"P"}, "", 1)).rows[0].item), i);
  }
}

TEST_P(TableStoreContract, AcknowledgesLateWritesOnlyIfTheyHappened) {
  Transaction transaction;
  transaction.push_back(WriteOp::Put(UserKey("P"), Numbered(1)));
  const auto result =
      RunTask(store().TransactWrite(transaction, DeadlineIn(std::chrono::milliseconds(-1))));
  if (result.ok()) {
    EXPECT_TRUE(GetOne(UserKey("P")));
  } else {
    EXPECT_EQ(result.error().code, ErrorCode::kUnavailable);
  }
}

}  // namespace
}  // namespace users::testing
