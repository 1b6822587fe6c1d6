#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/async/task.h"
#include "base/clock.h"
#include "base/result.h"
#include "storage/item.h"

// The storage port: the operations that the service needs. Semantics and limits are DynamoDB's. The
// local store follows them too, so that the single-table design (service/user_records) is written
// once. Every adapter passes tests/contract unchanged.
namespace users::storage {

// The users table holds all items of users. The idempotency table holds idempotency records.
enum class Table { kUsers, kIdempotency };

// The location of an item. The idempotency table has partitions only, so its sort keys are empty.
struct Key {
  Key(Table table, std::string partition, std::string sort = {})
      : table(table), partition(std::move(partition)), sort(std::move(sort)) {}
  bool operator==(const Key&) const = default;

  Table table;
  std::string partition;
  std::string sort;
};

// A condition on an item as it was before the transaction. A write whose condition fails makes the
// whole transaction fail. Immutable, so thread-safe.
class Condition {
 public:
  enum class Kind { kNone, kAbsent, kNumberEquals, kStringEquals, kAbsentOrNumberAtMost };

  // No condition, or: the item does not exist.
  static Condition None() { return Condition(Kind::kNone); }
  static Condition Absent() { return Condition(Kind::kAbsent); }
  // The item exists and its attribute has this value.
  static Condition NumberEquals(std::string_view name, std::int64_t value) {
    return Condition(Kind::kNumberEquals, name, value);
  }
  // The same for a string attribute.
  static Condition StringEquals(std::string_view name, std::string_view value) {
    return Condition(Kind::kStringEquals, name, 0, value);
  }
  // The item does not exist, or its attribute is at most this value. This lets an expired record
  // count as absent before the store has removed it.
  static Condition AbsentOrNumberAtMost(std::string_view name, std::int64_t value) {
    return Condition(Kind::kAbsentOrNumberAtMost, name, value);
  }

  // The parts of the condition. Those that its kind does not use are empty.
  Kind kind() const { return kind_; }
  const std::string& name() const { return name_; }
  std::int64_t number() const { return number_; }
  const std::string& text() const { return text_; }

  // Returns whether the condition holds for the item, which is null if it does not exist.
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

// One write of a transaction. Immutable, so thread-safe.
class WriteOp {
 public:
  enum class Kind { kPut, kDelete, kCheck };

  // Writes an item and replaces an existing one.
  static WriteOp Put(Key key, Item item, Condition condition = Condition::None()) {
    return WriteOp(Kind::kPut, std::move(key), std::move(item), std::move(condition));
  }
  // Deleting an item that does not exist succeeds, unless the condition requires the item.
  static WriteOp Delete(Key key, Condition condition = Condition::None()) {
    return WriteOp(Kind::kDelete, std::move(key), Item(), std::move(condition));
  }
  // Checks a condition without writing.
  static WriteOp Check(Key key, Condition condition) {
    return WriteOp(Kind::kCheck, std::move(key), Item(), std::move(condition));
  }

  // The parts of the write. A delete and a check have an empty item.
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

// The writes of one transaction, at most one for each item.
using Transaction = std::vector<WriteOp>;

inline constexpr std::size_t kMaxTransactionOps = 100;
inline constexpr std::size_t kMaxTransactionBytes = 4 << 20;
inline constexpr std::size_t kMaxItemBytes = 400 << 10;
inline constexpr std::size_t kMaxBatchKeys = 100;
inline constexpr std::size_t kMaxPageBytes = 1 << 20;

// The outcome of one write of a transaction that did not commit.
enum class OpOutcome {
  kNone,             // nothing prevents this write
  kConditionFailed,  // decided: the condition does not hold
  kConflict,         // undecided: another transaction was working on the item
  kThrottled,        // undecided: the store is overloaded
};

// Why a transaction did not commit, for one of its writes.
struct OpReason {
  OpOutcome outcome = OpOutcome::kNone;
  std::optional<Item> old_item;  // kConditionFailed: the item as it was; nothing if absent
};

// The result of a transaction.
struct TransactionResult {
  bool committed = false;
  std::vector<OpReason> reasons;  // if not committed: one for each write, in their order
};

// One item of a page.
struct Row {
  std::string sort;
  Item item;
};

// Part of a range.
struct Page {
  std::vector<Row> rows;  // by ascending sort key (bytes)
  // Set if rows follow the last one. They may be deleted before they are read, so the next page may
  // be empty.
  bool more = false;
};

// A range of one or several partitions, merged by sort key. No sort key may occur in two of them.
struct QueryRange {
  QueryRange(Table table, std::vector<std::string> partitions, std::string after, std::size_t limit)
      : table(table), partitions(std::move(partitions)), after(std::move(after)), limit(limit) {}

  Table table;
  std::vector<std::string> partitions;
  std::string after;  // only sort keys greater than this
  std::string last;   // only sort keys up to this one, inclusive; empty: no such bound
  std::size_t limit;  // 1 or more

  // Whether no sort key can be in the range.
  bool IsEmpty() const { return !last.empty() && after >= last; }
};

// A transactional store of items. Thread-safe. Errors are
// - kUnavailable: the store cannot be reached, is overloaded, or the deadline has passed; a write
//   may or may not have happened;
// - kInternal: data is broken, or the caller has made a mistake such as two writes to one item.
class TableStore {
 public:
  virtual ~TableStore() = default;

  // Applies all writes or none. If the result is committed, it is durable. If not, every condition
  // has been evaluated, each on its own.
  virtual Task<Result<TransactionResult>> TransactWrite(Transaction transaction,
                                                        Deadline deadline) = 0;

  // Returns the newest committed items, in the order of the keys. Several keys are read as one
  // atomic unit. Absent items are std::nullopt.
  virtual Task<Result<std::vector<std::optional<Item>>>> Get(std::vector<Key> keys,
                                                             Deadline deadline) = 0;

  // Returns the newest committed items, in the order of the keys. Each item is consistent, but
  // different items may be of different moments. At most 100 keys, none twice. Cheaper than Get,
  // and writers of the items do not delay it.
  virtual Task<Result<std::vector<std::optional<Item>>>> GetEach(std::vector<Key> keys,
                                                                 Deadline deadline) = 0;

  // Returns up to `limit` rows and about 1 MB of the newest committed state. Each row is
  // consistent, but different rows may be of different moments.
  virtual Task<Result<Page>> Query(QueryRange range, Deadline deadline) = 0;
};

// Reads one item. The result is nothing if the item is absent. The errors are those of
// TableStore::Get. `store` must outlive the call.
Task<Result<std::optional<Item>>> GetOne(TableStore& store, Key key, Deadline deadline);

// Checks that a store can apply the transaction: it is within the limits and writes no item twice.
// Fails with kInternal, because the fault is always the caller's, never a user's.
Status CheckTransaction(const Transaction& transaction);

// Checks that TableStore::GetEach can read the keys: there are at most 100, and none occurs twice.
// Fails with kInternal.
Status CheckBatch(const std::vector<Key>& keys);

}  // namespace users::storage
