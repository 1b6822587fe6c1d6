#include "storage/local/group_commit.h"

#include <rocksdb/write_batch.h>

#include <unordered_map>

#include "storage/local/encoding.h"

namespace users::storage::local {
namespace {

// Bounds the memory of one write and the time that the first of a batch waits for the last.
constexpr std::size_t kMostTransactionsOfABatch = 512;

Error NotWritten() {
  return Error::Unavailable("The change could not be stored. Try again.");
}

}  // namespace

// The transactions of one synced write: judges them one after the other, each seeing those before.
class GroupCommit::Batch {
 public:
  Batch(Engine& engine, const std::string& feed_prefix, std::uint64_t newest_position)
      : engine_(engine), feed_prefix_(feed_prefix), position_(newest_position) {}

  // Either takes the transaction in, or says why not.
  Result<TransactionResult> Judge(const Transaction& transaction) {
    TransactionResult result;
    result.reasons.resize(transaction.size());
    bool holds = true;
    for (std::size_t i = 0; i < transaction.size(); ++i) {
      const WriteOp& op = transaction[i];
      if (op.condition().kind() == Condition::Kind::kNone) continue;
      auto current = Current(op.key());
      if (!current.ok()) return std::move(current.error());
      const Item* item = current->has_value() ? &**current : nullptr;
      if (op.condition().Holds(item)) continue;
      holds = false;
      result.reasons[i].outcome = OpOutcome::kConditionFailed;
      result.reasons[i].old_item = std::move(*current);
    }
    if (holds) {
      for (const WriteOp& op : transaction) Add(op);
      result.committed = true;
      result.reasons.clear();
    }
    return result;
  }

  rocksdb::WriteBatch& writes() { return writes_; }
  std::uint64_t newest_position() const { return position_; }

 private:
  Result<std::optional<Item>> Current(const Key& key) {
    const std::string encoded = EncodeKey(key.partition, key.sort);
    const auto& overlay = overlay_[key.table == Table::kUsers ? 0 : 1];
    if (const auto found = overlay.find(encoded); found != overlay.end()) {
      if (found->second == nullptr) return std::optional<Item>();
      return std::optional<Item>(*found->second);
    }
    std::string value;
    const rocksdb::Status status =
        engine_.db().Get(rocksdb::ReadOptions(), engine_.family(key.table), encoded, &value);
    if (status.IsNotFound()) return std::optional<Item>();
    if (!status.ok()) return ToError(status);
    std::optional<Item> item = Item::FromEncoded(std::move(value));
    if (!item) return Error::Internal();
    return item;
  }

  void Add(const WriteOp& op) {
    if (op.kind() == WriteOp::Kind::kCheck) return;
    const Key& key = op.key();
    std::string encoded = EncodeKey(key.partition, key.sort);
    const bool is_put = op.kind() == WriteOp::Kind::kPut;
    // A WriteBatch in memory does not fail.
    if (is_put) {
      writes_.Put(engine_.family(key.table), encoded, op.item().encoded()).PermitUncheckedError();
    } else {
      writes_.Delete(engine_.family(key.table), encoded).PermitUncheckedError();
    }
    if (is_put && key.table == Table::kUsers && key.partition.starts_with(feed_prefix_)) {
      writes_.Put(engine_.feed(), EncodePosition(++position_), encoded).PermitUncheckedError();
    }
    overlay_[key.table == Table::kUsers ? 0 : 1][std::move(encoded)] =
        is_put ? &op.item() : nullptr;
  }

  Engine& engine_;
  const std::string& feed_prefix_;
  std::uint64_t position_;
  rocksdb::WriteBatch writes_;
  // What this batch has written so far, by table and key; null for a deletion. The items belong to
  // the transactions, which outlive the batch.
  std::unordered_map<std::string, const Item*> overlay_[2];
};

GroupCommit::GroupCommit(Engine& engine, const LocalStoreOptions& options,
                         std::uint64_t last_position, LocalStoreStatistics& statistics,
                         const Log& log)
    : engine_(engine),
      feed_prefix_(options.feed_partition_prefix),
      most_waiting_(options.most_waiting_transactions),
      statistics_(statistics),
      log_(log),
      newest_position_(last_position),
      thread_([this] { Run(); }) {}

GroupCommit::~GroupCommit() {
  {
    const std::lock_guard lock(queue_mutex_);
    stopping_ = true;
  }
  queue_filled_.notify_all();
  thread_.join();
}

bool GroupCommit::Submit(std::unique_ptr<PendingTransaction>& pending) {
  {
    const std::lock_guard lock(queue_mutex_);
    if (stopping_ || queue_.size() >= most_waiting_) return false;
    queue_.push_back(std::move(pending));
    statistics_.waiting = queue_.size();
  }
  queue_filled_.notify_one();
  return true;
}

void GroupCommit::Run() {
  std::vector<std::unique_ptr<PendingTransaction>> group;
  while (true) {
    {
      std::unique_lock lock(queue_mutex_);
      queue_filled_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      while (!queue_.empty() && group.size() < kMostTransactionsOfABatch) {
        group.push_back(std::move(queue_.front()));
        queue_.pop_front();
      }
      statistics_.waiting = queue_.size();
    }
    CommitTogether(group);
    group.clear();
  }
}

void GroupCommit::CommitTogether(std::vector<std::unique_ptr<PendingTransaction>>& group) {
  if (failed_) RecoverFromFailure();
  Batch batch(engine_, feed_prefix_, NewestPosition());
  std::vector<Result<TransactionResult>> results;
  results.reserve(group.size());
  std::uint64_t committed = 0;
  for (const auto& pending : group) {
    if (HasPassed(pending->deadline)) {
      results.emplace_back(Error::Unavailable("The store is overloaded."));
      continue;
    }
    results.push_back(batch.Judge(pending->transaction));
    if (results.back().ok() && results.back()->committed) ++committed;
  }

  if (committed > 0) {
    rocksdb::WriteOptions options;
    options.sync = true;
    const rocksdb::Status status = engine_.db().Write(options, &batch.writes());
    if (!status.ok()) {
      failed_ = true;
      ++statistics_.failed_batches;
      log_.Error("store_write_failed").Text("reason", status.ToString());
      // Refusals may rest on changes of this batch that never were.
      for (auto& result : results) result = NotWritten();
    } else {
      ++statistics_.batches;
      statistics_.transactions += committed;
      {
        const std::lock_guard lock(position_mutex_);
        newest_position_ = batch.newest_position();
      }
      position_moved_.notify_all();
    }
  }
  for (std::size_t i = 0; i < group.size(); ++i) group[i]->Complete(std::move(results[i]));
}

void GroupCommit::RecoverFromFailure() {
  // After a failed write RocksDB takes no other until the cause is gone and it is told so.
  const rocksdb::Status status = engine_.db().Resume();
  if (status.ok()) {
    failed_ = false;
    log_.Info("store_write_resumed");
  }
}

std::uint64_t GroupCommit::NewestPosition() const {
  const std::lock_guard lock(position_mutex_);
  return newest_position_;
}

void GroupCommit::WaitForPosition(std::uint64_t beyond, std::chrono::milliseconds at_most) {
  std::unique_lock lock(position_mutex_);
  position_moved_.wait_for(lock, at_most,
                           [&] { return interrupted_ || newest_position_ > beyond; });
}

void GroupCommit::InterruptWaits() {
  {
    const std::lock_guard lock(position_mutex_);
    interrupted_ = true;
  }
  position_moved_.notify_all();
}

}  // namespace users::storage::local
