// Condition, CheckTransaction, CheckBatch and GetOne.
#include "storage/table_store.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/async/run_task.h"

namespace users::storage {
namespace {

Item Sample() {
  Item item;
  item.SetNumber("version", 7).SetString("userId", "u1").SetBinary("hash", "u1");
  return item;
}

struct Case {
  const char* name;
  Condition condition;
  bool with_item;
  bool without_item;
};

TEST(Condition, IsEvaluatedAsInDynamoDb) {
  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  const Case cases[] = {
      {"none", Condition::None(), true, true},
      {"absent", Condition::Absent(), false, true},
      {"number", Condition::NumberEquals("version", 7), true, false},
      {"another number", Condition::NumberEquals("version", 8), false, false},
      {"a number with another name", Condition::NumberEquals("Version", 7), false, false},
      {"a number for a text attribute", Condition::NumberEquals("userId", 0), false, false},
      {"zero for a missing attribute", Condition::NumberEquals("ttl", 0), false, false},
      {"text", Condition::StringEquals("userId", "u1"), true, false},
      {"another text", Condition::StringEquals("userId", "u2"), false, false},
      {"a longer text", Condition::StringEquals("userId", "u11"), false, false},
      {"a text for a binary attribute", Condition::StringEquals("hash", "u1"), false, false},
      {"an empty text for a missing attribute", Condition::StringEquals("other", ""), false, false},
      {"at most more", Condition::AbsentOrNumberAtMost("version", 8), true, true},
      {"at most the same", Condition::AbsentOrNumberAtMost("version", 7), true, true},
      {"at most less", Condition::AbsentOrNumberAtMost("version", 6), false, true},
      {"at most the least", Condition::AbsentOrNumberAtMost("version", kLeast), false, true},
      {"at most, missing attribute", Condition::AbsentOrNumberAtMost("ttl", kMax), false, true},
      {"at most, text attribute", Condition::AbsentOrNumberAtMost("userId", kMax), false, true},
  };
  const Item item = Sample();
  for (const Case& test : cases) {
    EXPECT_EQ(test.condition.Holds(&item), test.with_item) << test.name;
    EXPECT_EQ(test.condition.Holds(nullptr), test.without_item) << test.name;
  }
}

TEST(Condition, StoresItsArguments) {
  const Condition number = Condition::NumberEquals("n", -3);
  EXPECT_EQ(number.kind(), Condition::Kind::kNumberEquals);
  EXPECT_EQ(number.name(), "n");
  EXPECT_EQ(number.number(), -3);
  const Condition text = Condition::StringEquals("s", "x");
  EXPECT_EQ(text.kind(), Condition::Kind::kStringEquals);
  EXPECT_EQ(text.text(), "x");
}

TEST(WriteOp, StoresItsArguments) {
  const Key key(Table::kUsers, "p", "s");
  const WriteOp put = WriteOp::Put(key, Sample(), Condition::Absent());
  EXPECT_EQ(put.kind(), WriteOp::Kind::kPut);
  EXPECT_EQ(put.key(), key);
  EXPECT_EQ(put.item(), Sample());
  EXPECT_EQ(put.condition().kind(), Condition::Kind::kAbsent);
  EXPECT_EQ(WriteOp::Put(key, Sample()).condition().kind(), Condition::Kind::kNone);
  EXPECT_EQ(WriteOp::Delete(key).kind(), WriteOp::Kind::kDelete);
  EXPECT_EQ(WriteOp::Check(key, Condition::Absent()).kind(), WriteOp::Kind::kCheck);
}

WriteOp PutOf(std::string partition, std::string sort = "s", Table table = Table::kUsers) {
  return WriteOp::Put(Key(table, std::move(partition), std::move(sort)), Item());
}

// Returns a put whose key and item have this total size.
WriteOp PutOfSize(std::string partition, std::size_t bytes) {
  Item item;
  item.SetString("a", std::string(bytes - partition.size() - 2, 'x'));
  return WriteOp::Put(Key(Table::kUsers, std::move(partition), "s"), std::move(item));
}

void ExpectRejected(const Transaction& transaction, std::string_view why) {
  const Status checked = CheckTransaction(transaction);
  ASSERT_FALSE(checked.ok()) << why;
  EXPECT_EQ(checked.error().code, ErrorCode::kInternal) << why;
}

TEST(CheckTransaction, AcceptsOneToAHundredWrites) {
  Transaction transaction;
  ExpectRejected(transaction, "empty");
  for (int i = 0; i < 100; ++i) {
    transaction.push_back(PutOf("p" + std::to_string(i)));
    EXPECT_TRUE(CheckTransaction(transaction).ok());
  }
  transaction.push_back(PutOf("p100"));
  ExpectRejected(transaction, "101 writes");
}

TEST(CheckTransaction, RejectsTwoWritesOfOneItem) {
  EXPECT_TRUE(CheckTransaction({PutOf("p", "1"), PutOf("p", "2"), PutOf("q", "1")}).ok());
  EXPECT_TRUE(CheckTransaction({PutOf("ab", "c"), PutOf("a", "bc")}).ok());
  EXPECT_TRUE(CheckTransaction({PutOf("p", "s"), PutOf("p", "", Table::kIdempotency)}).ok());
  ExpectRejected({PutOf("p"), PutOf("p")}, "two puts");
  const Key key(Table::kUsers, "p", "s");
  ExpectRejected({PutOf("p"), WriteOp::Delete(key)}, "a put and a delete");
  ExpectRejected({WriteOp::Check(key, Condition::Absent()), PutOf("p")}, "a check and a put");
  ExpectRejected({PutOf("p", "", Table::kIdempotency), PutOf("p", "", Table::kIdempotency)},
                 "two records");
}

TEST(CheckTransaction, RejectsKeysThatDoNotFitTheTable) {
  ExpectRejected({PutOf("")}, "no partition");
  ExpectRejected({PutOf("p", "")}, "users without a sort key");
  ExpectRejected({PutOf("p", "s", Table::kIdempotency)}, "a record with a sort key");
  ExpectRejected({PutOf("", "", Table::kIdempotency)}, "a record without a partition");
}

TEST(CheckTransaction, AcceptsItemsUpTo400Kilobytes) {
  EXPECT_TRUE(CheckTransaction({PutOfSize("p", kMaxItemBytes)}).ok());
  ExpectRejected({PutOfSize("p", kMaxItemBytes + 1)}, "an item too large");
}

TEST(CheckTransaction, AcceptsUpToFourMegabytes) {
  Transaction transaction;
  std::size_t bytes = 0;
  for (int i = 0; bytes + kMaxItemBytes <= kMaxTransactionBytes; ++i) {
    transaction.push_back(PutOfSize("p" + std::to_string(i), kMaxItemBytes));
    bytes += kMaxItemBytes;
  }
  const std::size_t rest = kMaxTransactionBytes - bytes;
  ASSERT_GT(rest, 8U);
  Transaction full = transaction;
  full.push_back(PutOfSize("last", rest));
  EXPECT_TRUE(CheckTransaction(full).ok());
  Transaction over = transaction;
  over.push_back(PutOfSize("last", rest + 1));
  ExpectRejected(over, "one byte too many");
}

TEST(CheckBatch, AcceptsUpToAHundredDifferentKeys) {
  std::vector<Key> keys;
  EXPECT_TRUE(CheckBatch(keys).ok());
  for (int i = 0; i < 99; ++i) keys.emplace_back(Table::kUsers, "P", std::to_string(i));
  keys.emplace_back(Table::kIdempotency, "P");
  EXPECT_TRUE(CheckBatch(keys).ok());
  keys.emplace_back(Table::kIdempotency, "Q");
  EXPECT_EQ(CheckBatch(keys).error().code, ErrorCode::kInternal);
  EXPECT_FALSE(CheckBatch({Key(Table::kUsers, "P", "S"), Key(Table::kUsers, "P", "S")}).ok());
  EXPECT_FALSE(CheckBatch({Key(Table::kUsers, "P")}).ok());
  EXPECT_FALSE(CheckBatch({Key(Table::kUsers, "", "S")}).ok());
  EXPECT_FALSE(CheckBatch({Key(Table::kIdempotency, "P", "S")}).ok());
}

// A store whose Get returns one result, once.
class OneResultStore final : public TableStore {
 public:
  explicit OneResultStore(Result<std::vector<std::optional<Item>>> result)
      : result_(std::move(result)) {}

  Task<Result<TransactionResult>> TransactWrite(Transaction, Deadline) override {
    co_return Error::Internal();
  }
  Task<Result<std::vector<std::optional<Item>>>> Get(std::vector<Key> keys,
                                                     Deadline deadline) override {
    keys_ = std::move(keys);
    deadline_ = deadline;
    co_return std::move(result_);
  }
  Task<Result<std::vector<std::optional<Item>>>> GetEach(std::vector<Key>, Deadline) override {
    co_return Error::Internal();
  }
  Task<Result<Page>> Query(QueryRange, Deadline) override { co_return Error::Internal(); }

  const std::vector<Key>& keys() const { return keys_; }
  Deadline deadline() const { return deadline_; }

 private:
  Result<std::vector<std::optional<Item>>> result_;
  std::vector<Key> keys_;
  Deadline deadline_;
};

TEST(GetOne, ReturnsTheItemOrNothingOrTheError) {
  const Key key(Table::kUsers, "partition", "sort");
  const Deadline deadline = DeadlineIn(std::chrono::seconds(9));
  OneResultStore with(std::vector<std::optional<Item>>{Sample()});
  const auto found = RunTask(GetOne(with, key, deadline));
  ASSERT_TRUE(found.ok() && *found);
  EXPECT_EQ((*found)->FindString("userId"), "u1");
  EXPECT_EQ(with.keys(), std::vector<Key>{key});
  EXPECT_EQ(with.deadline(), deadline);

  OneResultStore without(std::vector<std::optional<Item>>{std::nullopt});
  const auto absent = RunTask(GetOne(without, key, deadline));
  ASSERT_TRUE(absent.ok());
  EXPECT_FALSE(*absent);

  OneResultStore failing(Error::Unavailable("down"));
  const auto failed = RunTask(GetOne(failing, key, deadline));
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace users::storage
