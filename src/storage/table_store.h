#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"
#include "storage/item.h"

// THE PORT: what the service asks of a store. Semantics and limits are DynamoDB's; the local store
// keeps them too, so that the single-table design (service/user_records) is written once. Every
// adapter passes tests/contract unchanged.
namespace users::storage {

enum class Table { kUsers, kIdempotency };

// Where an item lives. The idempotency table has partitions only; its sort keys are empty.
struct Key {
  Key(Table table, std::string partition, std::string sort = {})
      : table(table), partition(std::move(partition)), sort(std::move(sort)) {}
  bool operator==(const Key&) const = default;

  Table table;
  std::string partition;
  std::string sort;
};

// What must hold of the item before a transaction for one of its writes to go through.
class Condition {
 public:
  enum class Kind { kNone, kAbsent, kNumberEquals, kStringEquals, kAbsentOrNumberAtMost };

  static Condition None() { return Condition(Kind::kNone); }
  static Condition Absent() { return Condition(Kind::kAbsent); }
  // The item is there and its attribute has this value.
  static Condition NumberEquals(std::string_view name, std::int64_t value) {
    return Condition(Kind::kNumberEquals, name, value);
  }
  static Condition StringEquals(std::string_view name, std::string_view value) {
    return Condition(Kind::kStringEquals, name, 0, value);
  }
  // There is no such item, or its attribute is at most this value: how an expired record counts as
  // absent before the store has removed it.
  static Condition AbsentOrNumberAtMost(std::string_view name, std::int64_t value) {
    return Condition(Kind::kAbsentOrNumberAtMost, name, value);
  }

  Kind kind() const { return kind_; }
  const std::string& name() const { return name_; }
  std::int64_t number() const { return number_; }
  const std::string& text() const { return text_; }

  // Whether it holds of the item; null if there is none.
  bool Holds(const Item* item) const;

 private:
  explicit Condition(Kind kind, std::string_view name = {}, std::int64_t number = 0,
                     std::string_view text = {})
      : kind_(kind), name_(name), number_(number), text_(text) {}

  Kind kind_;
  std::string name_;
  std::int64_t number_;
  std::string text_;
};

// One write of a transaction.
class WriteOp {
 public:
  enum class Kind { kPut, kDelete, kCheck };

  static WriteOp Put(Key key, Item item, Condition condition = Condition::None()) {
    return WriteOp(Kind::kPut, std::move(key), std::move(item), std::move(condition));
  }
  // Deleting what is not there succeeds, unless the condition asks for it.
  static WriteOp Delete(Key key, Condition condition = Condition::None()) {
    return WriteOp(Kind::kDelete, std::move(key), Item(), std::move(condition));
  }
  static WriteOp Check(Key key, Condition condition) {
    return WriteOp(Kind::kCheck, std::move(key), Item(), std::move(condition));
  }

  Kind kind() const { return kind_; }
  const Key& key() const { return key_; }
  const Item& item() const { return item_; }
  const Condition& condition() const { return condition_; }

 private:
  WriteOp(Kind kind, Key key, Item item, Condition condition)
      : kind_(kind),
        key_(std::move(key)),
        item_(std::move(item)),
        condition_(std::move(condition)) {}

  Kind kind_;
  Key key_;
  Item item_;
  Condition condition_;
};

using Transaction = std::vector<WriteOp>;

inline constexpr std::size_t kMostOpsOfATransaction = 100;
inline constexpr std::size_t kMostBytesOfATransaction = 4 << 20;
inline constexpr std::size_t kMostBytesOfAnItem = 400 << 10;
inline constexpr std::size_t kMostBytesOfAPage = 1 << 20;

// What became of one write of a transaction that did not commit.
enum class OpOutcome {
  kNone,             // nothing speaks against it
  kConditionFailed,  // decided: the condition did not hold
  kConflict,         // undecided: another transaction was at work on the item
  kThrottled,        // undecided: the store refused for its load
};

struct OpReason {
  OpOutcome outcome = OpOutcome::kNone;
  std::optional<Item> old_item;  // kConditionFailed: the item as it was; nothing if there was none
};

struct TransactionResult {
  bool committed = false;
  std::vector<OpReason> reasons;  // if not committed: one for each write, in their order
};

struct Row {
  std::string sort;
  Item item;
};

struct Page {
  std::vector<Row> rows;  // by ascending sort key (bytes)
  // Whether rows follow the last one. They may be gone when asked for; then a page is empty.
  bool more = false;
};

// Reads part of one or several partitions, merged by sort key. No sort key stands in two of them.
struct QueryRange {
  QueryRange(Table table, std::vector<std::string> partitions, std::string after, std::size_t limit)
      : table(table), partitions(std::move(partitions)), after(std::move(after)), limit(limit) {}

  Table table;
  std::vector<std::string> partitions;
  std::string after;  // only sort keys greater than this
  std::size_t limit;  // 1 or more
};

// Thread-safe. An Error is kUnavailable (the store cannot be reached, is overloaded, or the
// deadline has passed; a write may or may not have happened) or kInternal (broken data, or a
// caller's mistake such as two writes to one item).
class TableStore {
 public:
  virtual ~TableStore() = default;

  // All or none. Committed means durable. Otherwise every condition has been judged, each on its
  // own.
  virtual Task<Result<TransactionResult>> TransactWrite(Transaction transaction,
                                                        Deadline deadline) = 0;

  // The newest committed state, in the order of the keys; several keys are read as one atomic unit.
  virtual Task<Result<std::vector<std::optional<Item>>>> Get(std::vector<Key> keys,
                                                             Deadline deadline) = 0;

  // Up to `limit` rows and about 1 MB of the newest committed state. Each row is whole, but rows
  // may be of different moments.
  virtual Task<Result<Page>> Query(QueryRange range, Deadline deadline) = 0;
};

// Whether a store can take the transaction: its limits, and no item twice. What is wrong is a
// mistake of the caller's, never of a user's: kInternal.
Status CheckTransaction(const Transaction& transaction);

}  // namespace users::storage
