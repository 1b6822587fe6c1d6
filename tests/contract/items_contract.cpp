// Items, the conditions of writes, and limits.
#include "contract/table_store_contract.h"
#include "support/items.h"
#include "support/run_task.h"

namespace users::testing {
namespace {

using storage::Condition;
using storage::Item;
using storage::Key;
using storage::OpOutcome;
using storage::Transaction;
using storage::WriteOp;

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

TEST_P(TableStoreContract, KeepsAnItemOf300Kilobytes) {
  Item item;
  item.SetString("text", std::string(300'000, 'x'));
  ASSERT_TRUE(Write({WriteOp::Put(UserKey("P"), item)}).committed);
  EXPECT_EQ(GetOne(UserKey("P"))->FindString("text")->size(), 300'000U);
}

TEST_P(TableStoreContract, ReturnsNothingForAnAbsentItem) {
  EXPECT_FALSE(GetOne(UserKey("P")));
}

TEST_P(TableStoreContract, GetReturnsItemsInKeyOrder) {
  ASSERT_TRUE(
      Write({WriteOp::Put(UserKey("A"), Numbered(1)), WriteOp::Put(RecordKey("B"), Numbered(2))})
          .committed);
  const auto items = Get({RecordKey("B"), UserKey("missing"), UserKey("A")});
  EXPECT_EQ(NumberOf(items[0]), 2);
  EXPECT_FALSE(items[1]);
  EXPECT_EQ(NumberOf(items[2]), 1);
}

TEST_P(TableStoreContract, GetEachReturnsItemsInKeyOrder) {
  ASSERT_TRUE(
      Write({WriteOp::Put(UserKey("A"), Numbered(1)), WriteOp::Put(RecordKey("B"), Numbered(2)),
             WriteOp::Put(UserKey("A", "T"), Numbered(3))})
          .committed);
  const auto items = GetEach(
      {RecordKey("B"), UserKey("missing"), UserKey("A", "T"), UserKey("A"), RecordKey("missing")});
  ASSERT_EQ(items.size(), 5U);
  EXPECT_EQ(NumberOf(items[0]), 2);
  EXPECT_FALSE(items[1]);
  EXPECT_EQ(NumberOf(items[2]), 3);
  EXPECT_EQ(NumberOf(items[3]), 1);
  EXPECT_FALSE(items[4]);
  EXPECT_EQ(NumberOf(GetEach({UserKey("A")}).front()), 1);
  EXPECT_FALSE(GetEach({UserKey("missing")}).front());
  EXPECT_TRUE(GetEach({}).empty());
}

TEST_P(TableStoreContract, GetEachReturnsTheNewestStateOfAHundredItems) {
  std::vector<Key> keys;
  for (std::int64_t written = 1; written <= 2; ++written) {
    Transaction transaction;
    keys.clear();
    for (int i = 0; i < 100; ++i) {
      keys.push_back(UserKey("P" + std::to_string(i)));
      transaction.push_back(WriteOp::Put(keys.back(), Numbered(1000 * written + i)));
    }
    ASSERT_TRUE(Write(transaction).committed);
    const auto items = GetEach(keys);
    ASSERT_EQ(items.size(), 100U);
    for (std::size_t i = 0; i < items.size(); ++i) {
      EXPECT_EQ(NumberOf(items[i]), 1000 * written + static_cast<std::int64_t>(i));
    }
  }
}

// More than the 16 MB that one response of DynamoDB contains.
TEST_P(TableStoreContract, GetEachReturnsLargeItems) {
  std::vector<Key> keys;
  for (int i = 0; i < 45; ++i) {
    keys.push_back(UserKey("P" + std::to_string(i)));
    Item item = Numbered(i);
    item.SetString("text", std::string(390'000, 'x'));
    ASSERT_TRUE(Write({WriteOp::Put(keys.back(), item)}).committed);
  }
  const auto items = GetEach(keys);
  for (std::size_t i = 0; i < items.size(); ++i) {
    ASSERT_EQ(NumberOf(items[i]), static_cast<std::int64_t>(i));
    EXPECT_EQ(items[i]->FindString("text")->size(), 390'000U);
  }
}

TEST_P(TableStoreContract, GetEachRejectsInvalidBatches) {
  std::vector<Key> too_many;
  for (int i = 0; i < 101; ++i) too_many.push_back(UserKey("P" + std::to_string(i)));
  for (const std::vector<Key>& keys :
       {too_many, std::vector<Key>{UserKey("P"), UserKey("Q"), UserKey("P")},
        std::vector<Key>{UserKey("")}, std::vector<Key>{UserKey("P", "")}}) {
    const auto read = RunTask(store().GetEach(keys, DeadlineIn(kPatience)));
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().code, ErrorCode::kInternal);
  }
}

TEST_P(TableStoreContract, PutReplacesTheWholeItem) {
  Item first = Numbered(1);
  first.SetString("old", "x");
  ASSERT_TRUE(Write({WriteOp::Put(UserKey("P"), first)}).committed);
  ASSERT_TRUE(Write({WriteOp::Put(UserKey("P"), Numbered(2))}).committed);
  const auto read = GetOne(UserKey("P"));
  EXPECT_EQ(NumberOf(read), 2);
  EXPECT_FALSE(read->FindString("old"));
}

TEST_P(TableStoreContract, KeepsTheTablesApart) {
  ASSERT_TRUE(Write({WriteOp::Put(RecordKey("P"), Numbered(1))}).committed);
  EXPECT_FALSE(GetOne(UserKey("P", "P")));
  EXPECT_TRUE(GetOne(RecordKey("P")));
}

TEST_P(TableStoreContract, DeletingAnAbsentItemSucceeds) {
  EXPECT_TRUE(Write({WriteOp::Delete(UserKey("P"))}).committed);
}

TEST_P(TableStoreContract, RemovesDeletedItems) {
  ASSERT_TRUE(Write({WriteOp::Put(UserKey("P"), Numbered(1))}).committed);
  ASSERT_TRUE(Write({WriteOp::Delete(UserKey("P"))}).committed);
  EXPECT_FALSE(GetOne(UserKey("P")));
}

TEST_P(TableStoreContract, EvaluatesEveryKindOfCondition) {
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

TEST_P(TableStoreContract, ReturnsTheOldItemOfAFailedCondition) {
  ASSERT_TRUE(Write({WriteOp::Put(UserKey("P"), Numbered(7))}).committed);
  const auto result = Write({WriteOp::Put(UserKey("P"), Numbered(8), Condition::Absent())});
  EXPECT_FALSE(result.committed);
  ASSERT_EQ(result.reasons.size(), 1U);
  EXPECT_EQ(result.reasons[0].outcome, OpOutcome::kConditionFailed);
  EXPECT_EQ(NumberOf(result.reasons[0].old_item), 7);
  EXPECT_EQ(NumberOf(GetOne(UserKey("P"))), 7);
}

TEST_P(TableStoreContract, ReturnsNoOldItemIfThereWasNone) {
  const auto result = Write({WriteOp::Delete(UserKey("P"), Condition::NumberEquals("n", 1))});
  EXPECT_FALSE(result.committed);
  ASSERT_EQ(result.reasons.size(), 1U);
  EXPECT_EQ(result.reasons[0].outcome, OpOutcome::kConditionFailed);
  EXPECT_FALSE(result.reasons[0].old_item);
}

TEST_P(TableStoreContract, EvaluatesEveryConditionOfAFailedTransaction) {
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

TEST_P(TableStoreContract, CheckWritesNothing) {
  ASSERT_TRUE(Write({WriteOp::Check(UserKey("P"), Condition::Absent()),
                     WriteOp::Put(UserKey("Q"), Numbered(1))})
                  .committed);
  EXPECT_FALSE(GetOne(UserKey("P")));
  EXPECT_TRUE(GetOne(UserKey("Q")));
}

TEST_P(TableStoreContract, AcceptsAHundredWritesInOneTransaction) {
  Transaction transaction;
  for (int i = 0; i < 100; ++i) {
    transaction.push_back(WriteOp::Put(UserKey("P" + std::to_string(i)), Numbered(i)));
  }
  EXPECT_TRUE(Write(transaction).committed);
  EXPECT_EQ(NumberOf(GetOne(UserKey("P99"))), 99);
}

TEST_P(TableStoreContract, RejectsInvalidTransactions) {
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

}  // namespace
}  // namespace users::testing
