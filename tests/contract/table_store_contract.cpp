#include "contract/table_store_contract.h"

#include <algorithm>
#include <atomic>

#include "support/items.h"
#include "support/run_task.h"

namespace users::testing {

using storage::Condition;
using storage::Item;
using storage::Key;
using storage::OpOutcome;
using storage::Page;
using storage::QueryRange;
using storage::Table;
using storage::Transaction;
using storage::TransactionResult;
using storage::WriteOp;

namespace {

constexpr std::chrono::seconds kPatience{60};

bool IsUndecided(const TransactionResult& result) {
  return std::any_of(result.reasons.begin(), result.reasons.end(), [](const auto& reason) {
    return reason.outcome == OpOutcome::kConflict || reason.outcome == OpOutcome::kThrottled;
  });
}

Task<Result<TransactionResult>> WriteDecided(storage::TableStore& store, Transaction transaction) {
  while (true) {
    Transaction copy = transaction;
    auto result = co_await store.TransactWrite(std::move(copy), DeadlineIn(kPatience));
    if (!result.ok() || !IsUndecided(*result)) co_return result;
  }
}

Key RecordKey(const std::string& partition) {
  return Key(Table::kIdempotency, partition);
}

std::int64_t NumberOf(const std::optional<Item>& item) {
  return item ? item->FindNumber("n").value_or(-1) : -2;
}

}  // namespace

TransactionResult TableStoreContract::Write(const Transaction& transaction) {
  auto result = RunTask(WriteDecided(store(), transaction));
  EXPECT_TRUE(result.ok()) << result.error().message;
  return result.ok() ? *result : TransactionResult();
}

ErrorCode TableStoreContract::WriteError(const Transaction& transaction) {
  auto result = RunTask(WriteDecided(store(), transaction));
  EXPECT_FALSE(result.ok());
  return result.ok() ? ErrorCode::kNotFound : result.error().code;
}

std::vector<std::optional<Item>> TableStoreContract::Get(const std::vector<Key>& keys) {
  auto result = RunTask(store().Get(keys, DeadlineIn(kPatience)));
  EXPECT_TRUE(result.ok()) << result.error().message;
  return result.ok() ? *result : std::vector<std::optional<Item>>(keys.size());
}

std::optional<Item> TableStoreContract::GetOne(const Key& key) {
  return Get({key}).front();
}

Page TableStoreContract::Query(const QueryRange& range) {
  auto result = RunTask(store().Query(range, DeadlineIn(kPatience)));
  EXPECT_TRUE(result.ok()) << result.error().message;
  return result.ok() ? *result : Page();
}

// --- items ---

TEST_P(TableStoreContract, KeepsEveryTypeOfValue) {
  Item item;
  item.SetString("text", "grüße, 世界 \"quoted\" \\ \n");
  item.SetString("empty", "");
  item.SetNumber("zero", 0);
  item.SetNumber("negative", -42);
  item.SetNumber("large", 9'007'199'254'740'993);
  item.SetBinary("bytes", std::string("\0\x01\xFF\x80", 4));
  ASSERT_TRUE(Write({WriteOp::Put(UserKey("P"), item)}).committed);
  const auto read = GetOne(UserKey("P"));
  ASSERT_TRUE(read);
  for (const char* name : {"text", "empty"})
    EXPECT_EQ(read->FindString(name), item.FindString(name));
  for (const char* name : {"zero", "negative", "large"}) {
    EXPECT_EQ(read->FindNumber(name), item.FindNumber(name)) << name;
  }
  EXPECT_EQ(read->FindBinary("bytes"), item.FindBinary("bytes"));
}

TEST_P(TableStoreContract, AnItemOf300KilobytesIsKept) {
  Item item;
  item.SetString("text", std::string(300'000, 'x'));
  ASSERT_TRUE(Write({WriteOp::Put(UserKey("P"), item)}).committed);
  EXPECT_EQ(GetOne(UserKey("P"))->FindString("text")->size(), 300'000U);
}

TEST_P(TableStoreContract, WhatIsNotThereIsNothing) {
  EXPECT_FALSE(GetOne(UserKey("P")));
}

TEST_P(TableStoreContract, GetAnswersInTheOrderOfTheKeys) {
  ASSERT_TRUE(
      Write({WriteOp::Put(UserKey("A"), Numbered(1)), WriteOp::Put(RecordKey("B"), Numbered(2))})
          .committed);
  const auto items = Get({RecordKey("B"), UserKey("missing"), UserKey("A")});
  EXPECT_EQ(NumberOf(items[0]), 2);
  EXPECT_FALSE(items[1]);
  EXPECT_EQ(NumberOf(items[2]), 1);
}

TEST_P(TableStoreContract, APutReplacesTheWholeItem) {
  Item first = Numbered(1);
  first.SetString("old", "x");
  ASSERT_TRUE(Write({WriteOp::Put(UserKey("P"), first)}).committed);
  ASSERT_TRUE(Write({WriteOp::Put(UserKey("P"), Numbered(2))}).committed);
  const auto read = GetOne(UserKey("P"));
  EXPECT_EQ(NumberOf(read), 2);
  EXPECT_FALSE(read->FindString("old"));
}

TEST_P(TableStoreContract, TablesAreApart) {
  ASSERT_TRUE(Write({WriteOp::Put(RecordKey("P"), Numbered(1))}).committed);
  EXPECT_FALSE(GetOne(UserKey("P", "P")));
  EXPECT_TRUE(GetOne(RecordKey("P")));
}

TEST_P(TableStoreContract, DeletingWhatIsNotThereSucceeds) {
  EXPECT_TRUE(Write({WriteOp::Delete(UserKey("P"))}).committed);
}

TEST_P(TableStoreContract, ADeletedItemIsGone) {
  ASSERT_TRUE(Write({WriteOp::Put(UserKey("P"), Numbered(1))}).committed);
  ASSERT_TRUE(Write({WriteOp::Delete(UserKey("P"))}).committed);
  EXPECT_FALSE(GetOne(UserKey("P")));
}

// --- conditions ---

TEST_P(TableStoreContract, ConditionsHoldAsTheySay) {
  Item present = Numbered(5);
  present.SetString("owner", "ada");
  ASSERT_TRUE(Write({WriteOp::Put(UserKey("there"), present)}).committed);
  struct Case {
    const char* name;
    const char* partition;
    Condition condition;
    bool holds;
  };
  const Case cases[] = {
      {"none, absent", "gone", Condition::None(), true},
      {"none, present", "there", Condition::None(), true},
      {"absent, absent", "gone", Condition::Absent(), true},
      {"absent, present", "there", Condition::Absent(), false},
      {"number equals", "there", Condition::NumberEquals("n", 5), true},
      {"number differs", "there", Condition::NumberEquals("n", 6), false},
      {"number of nothing", "gone", Condition::NumberEquals("n", 5), false},
      {"number missing", "there", Condition::NumberEquals("m", 5), false},
      {"number is text", "there", Condition::NumberEquals("owner", 5), false},
      {"text equals", "there", Condition::StringEquals("owner", "ada"), true},
      {"text differs", "there", Condition::StringEquals("owner", "Ada"), false},
      {"text of nothing", "gone", Condition::StringEquals("owner", "ada"), false},
      {"at most, absent", "gone", Condition::AbsentOrNumberAtMost("n", 0), true},
      {"at most, less", "there", Condition::AbsentOrNumberAtMost("n", 6), true},
      {"at most, equal", "there", Condition::AbsentOrNumberAtMost("n", 5), true},
      {"at most, more", "there", Condition::AbsentOrNumberAtMost("n", 4), false},
      {"at most, missing", "there", Condition::AbsentOrNumberAtMost("m", 4), false},
  };
  for (const Case& c : cases) {
    if (c.condition.kind() == Condition::Kind::kNone) continue;
    const auto result = Write({WriteOp::Check(UserKey(c.partition), c.condition)});
    EXPECT_EQ(result.committed, c.holds) << c.name;
  }
}

TEST_P(TableStoreContract, AFailedConditionBringsTheOldItem) {
  ASSERT_TRUE(Write({WriteOp::Put(UserKey("P"), Numbered(7))}).committed);
  const auto result = Write({WriteOp::Put(UserKey("P"), Numbered(8), Condition::Absent())});
  EXPECT_FALSE(result.committed);
  ASSERT_EQ(result.reasons.size(), 1U);
  EXPECT_EQ(result.reasons[0].outcome, OpOutcome::kConditionFailed);
  EXPECT_EQ(NumberOf(result.reasons[0].old_item), 7);
  EXPECT_EQ(NumberOf(GetOne(UserKey("P"))), 7);
}

TEST_P(TableStoreContract, AFailedConditionOnNothingBringsNothing) {
  const auto result = Write({WriteOp::Delete(UserKey("P"), Condition::NumberEquals("n", 1))});
  EXPECT_FALSE(result.committed);
  ASSERT_EQ(result.reasons.size(), 1U);
  EXPECT_EQ(result.reasons[0].outcome, OpOutcome::kConditionFailed);
  EXPECT_FALSE(result.reasons[0].old_item);
}

TEST_P(TableStoreContract, OneFailedConditionStopsAllAndEachIsJudged) {
  ASSERT_TRUE(Write({WriteOp::Put(UserKey("taken"), Numbered(1))}).committed);
  const auto result = Write({
      WriteOp::Put(UserKey("new"), Numbered(2), Condition::Absent()),
      WriteOp::Put(UserKey("taken"), Numbered(3), Condition::Absent()),
      WriteOp::Put(RecordKey("plain"), Numbered(4)),
      WriteOp::Delete(UserKey("gone"), Condition::NumberEquals("n", 9)),
  });
  EXPECT_FALSE(result.committed);
  ASSERT_EQ(result.reasons.size(), 4U);
  EXPECT_EQ(result.reasons[0].outcome, OpOutcome::kNone);
  EXPECT_EQ(result.reasons[1].outcome, OpOutcome::kConditionFailed);
  EXPECT_EQ(NumberOf(result.reasons[1].old_item), 1);
  EXPECT_EQ(result.reasons[2].outcome, OpOutcome::kNone);
  EXPECT_EQ(result.reasons[3].outcome, OpOutcome::kConditionFailed);
  EXPECT_FALSE(GetOne(UserKey("new")));
  EXPECT_FALSE(GetOne(RecordKey("plain")));
  EXPECT_EQ(NumberOf(GetOne(UserKey("taken"))), 1);
}

TEST_P(TableStoreContract, ACheckWritesNothing) {
  ASSERT_TRUE(Write({WriteOp::Check(UserKey("P"), Condition::Absent()),
                     WriteOp::Put(UserKey("Q"), Numbered(1))})
                  .committed);
  EXPECT_FALSE(GetOne(UserKey("P")));
  EXPECT_TRUE(GetOne(UserKey("Q")));
}

// --- limits ---

TEST_P(TableStoreContract, AHundredWritesAreOneTransaction) {
  Transaction transaction;
  for (int i = 0; i < 100; ++i) {
    transaction.push_back(WriteOp::Put(UserKey("P" + std::to_string(i)), Numbered(i)));
  }
  EXPECT_TRUE(Write(transaction).committed);
  EXPECT_EQ(NumberOf(GetOne(UserKey("P99"))), 99);
}

TEST_P(TableStoreContract, WhatNoStoreTakesIsRefused) {
  Transaction too_many;
  for (int i = 0; i < 101; ++i) {
    too_many.push_back(WriteOp::Put(UserKey("P" + std::to_string(i)), Numbered(i)));
  }
  EXPECT_EQ(WriteError(too_many), ErrorCode::kInternal);
  EXPECT_EQ(WriteError({}), ErrorCode::kInternal);
  EXPECT_EQ(WriteError({WriteOp::Put(UserKey("P"), Numbered(1)), WriteOp::Delete(UserKey("P"))}),
            ErrorCode::kInternal);
  EXPECT_EQ(WriteError({WriteOp::Put(UserKey(""), Numbered(1))}), ErrorCode::kInternal);
  EXPECT_EQ(WriteError({WriteOp::Put(UserKey("P", ""), Numbered(1))}), ErrorCode::kInternal);
  Item too_large;
  too_large.SetString("text", std::string(410'000, 'x'));
  EXPECT_EQ(WriteError({WriteOp::Put(UserKey("P"), too_large)}), ErrorCode::kInternal);
  EXPECT_FALSE(GetOne(UserKey("P")));
}

// --- queries ---

TEST_P(TableStoreContract, AQueryReadsOnePartitionInOrder) {
  Transaction transaction;
  for (const char* sort : {"b", "a", "c", "B", "aa", "ä"}) {
    transaction.push_back(WriteOp::Put(UserKey("P", sort), Numbered(1)));
  }
  // Neighbours that must not show: a prefix, an extension, the other table.
  transaction.push_back(WriteOp::Put(UserKey("PP", "a"), Numbered(1)));
  transaction.push_back(WriteOp::Put(UserKey("O", "z"), Numbered(1)));
  transaction.push_back(WriteOp::Put(UserKey("Q", "a"), Numbered(1)));
  ASSERT_TRUE(Write(transaction).committed);
  const Page page = Query(QueryRange(Table::kUsers, {"P"}, "", 100));
  std::vector<std::string> sorts;
  for (const auto& row : page.rows) sorts.push_back(row.sort);
  EXPECT_EQ(sorts, (std::vector<std::string>{"B", "a", "aa", "b", "c", "ä"}));
}

TEST_P(TableStoreContract, AnEmptyPartitionIsAnEmptyPage) {
  const Page page = Query(QueryRange(Table::kUsers, {"P"}, "", 10));
  EXPECT_TRUE(page.rows.empty());
  EXPECT_FALSE(page.more);
}

TEST_P(TableStoreContract, AfterIsExclusive) {
  ASSERT_TRUE(Write({WriteOp::Put(UserKey("P", "a"), Numbered(1)),
                     WriteOp::Put(UserKey("P", "b"), Numbered(2)),
                     WriteOp::Put(UserKey("P", "c"), Numbered(3))})
                  .committed);
  const Page after_b = Query(QueryRange(Table::kUsers, {"P"}, "b", 10));
  ASSERT_EQ(after_b.rows.size(), 1U);
  EXPECT_EQ(after_b.rows[0].sort, "c");
  const Page between = Query(QueryRange(Table::kUsers, {"P"}, "aa", 10));
  EXPECT_EQ(between.rows.size(), 2U);
  EXPECT_TRUE(Query(QueryRange(Table::kUsers, {"P"}, "c", 10)).rows.empty());
}

TEST_P(TableStoreContract, AWalkOverShardsFindsEachRowOnceInOrder) {
  const std::vector<std::string> shards = {"L#0", "L#1", "L#2", "L#3", "L#4"};
  std::vector<std::string> expected;
  Transaction transaction;
  for (int i = 0; i < 97; ++i) {
    const std::string sort = "U" + std::to_string(1000 + i);
    // Uneven on purpose: most rows in one shard, one shard empty.
    const std::size_t shard = i % 7 == 0 ? 1 : i % 11 == 0 ? 2 : i % 13 == 0 ? 4 : 0;
    transaction.push_back(WriteOp::Put(UserKey(shards[shard], sort), Numbered(i)));
    expected.push_back(sort);
  }
  ASSERT_TRUE(Write(transaction).committed);
  for (const std::size_t limit : {1U, 2U, 7U, 50U, 96U, 97U, 100U}) {
    std::vector<std::string> walked;
    std::string after;
    for (int pages = 0; pages < 200; ++pages) {
      const Page page = Query(QueryRange(Table::kUsers, shards, after, limit));
      EXPECT_LE(page.rows.size(), limit);
      for (const auto& row : page.rows) walked.push_back(row.sort);
      EXPECT_EQ(page.more, walked.size() < expected.size()) << "limit " << limit;
      if (!page.more) break;
      ASSERT_FALSE(page.rows.empty()) << "an empty page does not move a walk on";
      after = page.rows.back().sort;
    }
    EXPECT_EQ(walked, expected) << "limit " << limit;
  }
}

TEST_P(TableStoreContract, APageEndsAtAboutAMegabyteAndSaysSo) {
  for (int i = 0; i < 8; ++i) {
    Item item = Numbered(i);
    item.SetString("text", std::string(300'000, 'x'));
    ASSERT_TRUE(Write({WriteOp::Put(UserKey("P", std::to_string(i)), item)}).committed);
  }
  std::size_t rows = 0;
  std::string after;
  int pages = 0;
  while (true) {
    const Page page = Query(QueryRange(Table::kUsers, {"P"}, after, 100));
    ++pages;
    EXPECT_LE(page.rows.size(), 4U);
    rows += page.rows.size();
    if (!page.more) break;
    ASSERT_FALSE(page.rows.empty());
    after = page.rows.back().sort;
  }
  EXPECT_EQ(rows, 8U);
  EXPECT_GE(pages, 2);
}

// --- concurrency ---

TEST_P(TableStoreContract, OfManyTwinsOneWinsAndTheOthersSeeItsItem) {
  std::atomic<int> winners{0};
  std::atomic<int> losers{0};
  std::atomic<std::int64_t> winner{-1};
  std::vector<std::int64_t> seen(static_cast<std::size_t>(GetParam().rivals), -1);
  RunTogether(GetParam().rivals, 4, [&](int rival) -> Task<void> {
    Transaction transaction;
    transaction.push_back(WriteOp::Put(RecordKey("twin"), Numbered(rival), Condition::Absent()));
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

TEST_P(TableStoreContract, NoIncrementUnderAVersionConditionIsLost) {
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

TEST_P(TableStoreContract, AReadOfTwoItemsIsNeverTorn) {
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

TEST_P(TableStoreContract, AReadSeesWhatWasCommittedBefore) {
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(Write({WriteOp::Put(UserKey("P"), Numbered(i))}).committed);
    ASSERT_EQ(NumberOf(GetOne(UserKey("P"))), i);
    ASSERT_EQ(NumberOf(Query(QueryRange(Table::kUsers, {"P"}, "", 1)).rows[0].item), i);
  }
}

TEST_P(TableStoreContract, AfterItsDeadlineAWriteIsNotAcknowledgedUnlessItHappened) {
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

}  // namespace users::testing
