#include "storage/local/group_commit.h"

#include <rocksdb/write_batch.h>

#include <unordered_map>

#include "storage/local/encoding.h"

namespace users::storage::local {
namespace {

// Bounds the memory of one write and the time that the first of a batch waits for the last.
constexpr std::size_t kMostTransactionsOfABatch = 512;

// How often an idle writer looks whether the engine is well, and how often it tries to mend it.
constexpr std::chrono::milliseconds kLookAfterEngine{500};
constexpr std::chrono::milliseconds kFirstMendDelay{500};
constexpr std::chrono::milliseconds kLongestMendDelay{8'000};

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

GroupCommit::GroupCommit(EngineAccess& access, const FeedTable& feed,
                         const LocalStoreOptions& options, std::uint64_t last_position,
                         LocalStoreStatistics& statistics, const Log& log)
    : access_(access),
      feed_(feed),
      feed_prefix_(options.feed_partition_prefix),
      most_waiting_(options.most_waiting_transactions),
      statistics_(statistics),
      log_(log),
      newest_position_(last_position),
      mend_delay_(kFirstMendDelay),
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
  Group group;
  while (true) {
    {
      std::unique_lock lock(queue_mutex_);
      queue_filled_.wait_for(lock, kLookAfterEngine, [&] { return stopping_ || !queue_.empty(); });
      if (stopping_ && queue_.empty()) return;
      while (!queue_.empty() && group.size() < kMostTransactionsOfABatch) {
        group.push_back(std::move(queue_.front()));
        queue_.pop_front();
      }
      statistics_.waiting = queue_.size();
    }
    MendEngine();
    std::vector<Result<TransactionResult>> results = Commit(group);
    for (std::size_t i = 0; i < group.size(); ++i) group[i]->Complete(std::move(results[i]));
    group.clear();
  }
}

std::vector<Result<TransactionResult>> GroupCommit::Commit(const Group& group) {
  const auto none_is_written = [&] {
    return std::vector<Result<TransactionResult>>(group.size(), NotWritten());
  };
  const EngineAccess::Use engine(access_);
  if (!engine || engine->failed()) return none_is_written();
  Batch batch(*engine, feed_prefix_, NewestPosition());
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
  if (committed == 0) return results;

  const rocksdb::Status status = engine->Write(batch.writes());
  if (!status.ok()) {
    ++statistics_.failed_batches;
    log_.Error("store_write_failed").Text("reason", status.ToString());
    // Refusals, too, may rest on changes of this batch that never were.
    return none_is_written();
  }
  ++statistics_.batches;
  statistics_.transactions += committed;
  SetNewestPosition(batch.newest_position());
  return results;
}

void GroupCommit::MendEngine() {
  {
    const EngineAccess::Use engine(access_);
    statistics_.writable = engine && !engine->failed();
  }
  if (statistics_.writable || !HasPassed(mend_again_)) return;
  const Status reopened = ReopenEngine();
  statistics_.writable = reopened.ok();
  if (reopened.ok()) {
    mend_delay_ = kFirstMendDelay;
    log_.Info("store_reopened");
  } else {
    mend_delay_ = std::min(mend_delay_ * 2, kLongestMendDelay);
    log_.Error("store_reopen_failed").Text("reason", reopened.error().message);
  }
  mend_again_ = DeadlineIn(mend_delay_);
}

Status GroupCommit::ReopenEngine() {
  if (auto reopened = access_.Reopen(); !reopened.ok()) return reopened;
  // A write that failed may be in the log all the same: then its positions are in use.
  const auto last_position = feed_.LastPosition();
  if (last_position.ok()) {
    SetNewestPosition(*last_position);
    return Done{};
  }
  if (const EngineAccess::Use engine(access_); engine) engine->MarkFailed();
  return last_position.error();
}

void GroupCommit::SetNewestPosition(std::uint64_t position) {
  {
    const std::lock_guard lock(position_mutex_);
    newest_position_ = position;
  }
  position_moved_.notify_all();
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
