#include "storage/local/group_commit.h"

#include <rocksdb/write_batch.h>

#include <optional>
#include <unordered_map>

#include "storage/local/encoding.h"
#include "storage/local/start_check.h"

namespace users::storage::local {
namespace {

// Bounds the memory of one write, and the time for which the first transaction of a batch waits for
// the last.
constexpr std::size_t kMaxTransactionsPerBatch = 512;

// The interval at which an idle writer checks the engine, and reopens it if it has failed.
constexpr std::chrono::milliseconds kEngineCheckInterval{500};
// The interval at which an idle writer checks that the disk still accepts a synced write.
constexpr std::chrono::milliseconds kProbeInterval{10'000};
constexpr std::chrono::milliseconds kFirstReopenDelay{500};
constexpr std::chrono::milliseconds kMaxReopenDelay{8'000};

Error NotWritten() {
  return Error::Unavailable("The change could not be stored. Try again.");
}

}  // namespace

// The transactions of one synced write. Evaluates them in order; each sees the changes of those
// before it.
class GroupCommit::Batch {
 public:
  Batch(Engine& engine, const std::string& feed_prefix, std::uint64_t newest_position,
        const NewestItem& newest_item)
      : engine_(engine),
        feed_prefix_(feed_prefix),
        position_(newest_position),
        newest_key_(newest_item.key),
        newest_digest_(newest_item.digest) {}

  // Call it first. Reads all items that the conditions of the group refer to at once, which costs
  // less than reading them one by one. The group must outlive the batch.
  void Read(const Group& group, DamageRecord& damage) {
    std::vector<rocksdb::ColumnFamilyHandle*> families;
    std::vector<rocksdb::Slice> keys;
    std::vector<Known*> wanted;
    for (const auto& pending : group) {
      for (const WriteOp& op : pending->transaction) {
        if (op.condition().kind() == Condition::Kind::kNone) continue;
        const auto [place, is_new] = KnownOf(op.key().table).try_emplace(Encoded(op.key()));
        if (!is_new) continue;
        families.push_back(engine_.family(op.key().table));
        keys.emplace_back(place->first);
        wanted.push_back(&place->second);
      }
    }
    std::vector<rocksdb::PinnableSlice> values(keys.size());
    std::vector<rocksdb::Status> statuses(keys.size());
    engine_.db().MultiGet(rocksdb::ReadOptions(), keys.size(), families.data(), keys.data(),
                          values.data(), statuses.data());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      damage.ReportIfDamage(statuses[i]);
      wanted[i]->Store(statuses[i], values[i]);
      if (statuses[i].ok() && wanted[i]->failure) {
        damage.Report("", "holds an item that cannot be decoded");
      }
    }
  }

  // Adds the transaction to the batch, or returns the reasons for its rejection.
  Result<TransactionResult> Evaluate(const Transaction& transaction) {
    TransactionResult result;
    result.reasons.resize(transaction.size());
    std::vector<std::string> keys;
    keys.reserve(transaction.size());
    for (const WriteOp& op : transaction) keys.push_back(Encoded(op.key()));
    bool holds = true;
    for (std::size_t i = 0; i < transaction.size(); ++i) {
      const WriteOp& op = transaction[i];
      if (op.condition().kind() == Condition::Kind::kNone) continue;
      const Known& known = KnownOf(op.key().table).at(keys[i]);
      if (known.failure) return *known.failure;
      if (op.condition().Holds(known.item)) continue;
      holds = false;
      result.reasons[i].outcome = OpOutcome::kConditionFailed;
      if (known.item != nullptr) result.reasons[i].old_item = *known.item;
    }
    if (holds) {
      for (std::size_t i = 0; i < transaction.size(); ++i) Add(transaction[i], keys[i]);
      result.committed = true;
      result.reasons.clear();
    }
    return result;
  }

  rocksdb::WriteBatch& writes() { return writes_; }
  std::uint64_t newest_position() const { return position_; }
  NewestItem newest_item() const {
    NewestItem item{newest_key_, newest_digest_};
    if (newest_bytes_ != nullptr) item.digest = Sha256(*newest_bytes_);
    return item;
  }

 private:
  // The item a condition refers to, as left by earlier transactions.
  struct Known {
    void Store(const rocksdb::Status& status, const rocksdb::PinnableSlice& value) {
      if (status.IsNotFound()) return;
      if (status.ok()) read = Item::FromEncoded(value.ToString());
      if (read) {
        item = &*read;
      } else {
        failure = status.ok() ? Error::Internal() : ToError(status);
      }
    }

    const Item* item = nullptr;  // null if absent; owned by a transaction, or `read`
    std::optional<Item> read;
    std::optional<Error> failure;
  };
  using KnownItems = std::unordered_map<std::string, Known>;

  static std::string Encoded(const Key& key) { return EncodeKey(key.partition, key.sort); }
  KnownItems& KnownOf(Table table) { return known_[table == Table::kUsers ? 0 : 1]; }

  void Add(const WriteOp& op, const std::string& encoded) {
    if (op.kind() == WriteOp::Kind::kCheck) return;
    const Key& key = op.key();
    const bool is_put = op.kind() == WriteOp::Kind::kPut;
    // A WriteBatch in memory cannot fail.
    if (is_put) {
      writes_.Put(engine_.family(key.table), encoded, op.item().encoded()).PermitUncheckedError();
    } else {
      writes_.Delete(engine_.family(key.table), encoded).PermitUncheckedError();
    }
    if (is_put && key.table == Table::kUsers && key.partition.starts_with(feed_prefix_)) {
      writes_.Put(engine_.feed(), EncodePosition(++position_), encoded).PermitUncheckedError();
      newest_key_ = encoded;
      newest_bytes_ = &op.item().encoded();
    } else if (encoded == newest_key_ && key.table == Table::kUsers) {
      newest_key_.clear();  // the newest item is deleted
      newest_bytes_ = nullptr;
    }
    KnownItems& known = KnownOf(key.table);
    if (const auto place = known.find(encoded); place != known.end()) {
      place->second.item = is_put ? &op.item() : nullptr;
    }
  }

  Engine& engine_;
  const std::string& feed_prefix_;
  std::uint64_t position_;
  std::string newest_key_;
  Sha256Digest newest_digest_;
  const std::string* newest_bytes_ = nullptr;  // of an item of this batch
  rocksdb::WriteBatch writes_;
  KnownItems known_[2];  // of each table
};

GroupCommit::GroupCommit(EngineAccess& access, AnchorFile& anchor, const LocalStoreOptions& options,
                         LocalStoreStatistics& statistics, const Log& log)
    : access_(access),
      anchor_(anchor),
      feed_prefix_(options.feed_partition_prefix),
      max_waiting_(options.max_waiting_transactions),
      statistics_(statistics),
      log_(log),
      newest_position_(anchor.current().position),
      newest_item_{anchor.current().newest_key, anchor.current().newest_digest},
      reopen_delay_(kFirstReopenDelay),
      thread_([this] { Run(); }) {}

GroupCommit::~GroupCommit() {
  {
    const MutexLock lock(queue_mutex_);
    stopping_ = true;
  }
  queue_filled_.NotifyAll();
  thread_.join();
}

bool GroupCommit::Submit(std::unique_ptr<PendingTransaction>& pending) {
  {
    const MutexLock lock(queue_mutex_);
    if (stopping_ || queue_.size() >= max_waiting_) return false;
    queue_.push_back(std::move(pending));
    statistics_.waiting = queue_.size();
  }
  queue_filled_.NotifyOne();
  return true;
}

void GroupCommit::Run() {
  Group group;
  while (true) {
    {
      MutexLock lock(queue_mutex_);
      queue_filled_.WaitFor(queue_mutex_, kEngineCheckInterval, [&]() USERS_REQUIRES(queue_mutex_) {
        return stopping_ || !queue_.empty();
      });
      if (stopping_ && queue_.empty()) return;
      while (!queue_.empty() && group.size() < kMaxTransactionsPerBatch) {
        group.push_back(std::move(queue_.front()));
        queue_.pop_front();
      }
      statistics_.waiting = queue_.size();
    }
    statistics_.writing_since = std::chrono::steady_clock::now();
    ReopenIfFailed();
    if (group.empty()) ProbeDisk();
    std::vector<Result<TransactionResult>> results = Commit(group);
    for (std::size_t i = 0; i < group.size(); ++i) group[i]->Complete(std::move(results[i]));
    group.clear();
    statistics_.writing_since = std::chrono::steady_clock::time_point();
  }
}

void GroupCommit::ProbeDisk() {
  if (!HasPassed(probe_at_)) return;
  probe_at_ = DeadlineIn(kProbeInterval);
  const EngineAccess::Lease engine(access_);
  if (!engine || engine->failed() || access_.damage().is_known()) return;
  rocksdb::WriteBatch nothing;
  nothing.PutLogData("probe").PermitUncheckedError();
  const rocksdb::Status status = engine->Write(nothing);
  if (status.ok()) return;
  ++statistics_.failed_batches;
  access_.damage().ReportIfDamage(status);
  log_.Error("store_write_failed").Text("reason", status.ToString());
}

std::vector<Result<TransactionResult>> GroupCommit::Commit(const Group& group) {
  const auto none_is_written = [&] {
    return std::vector<Result<TransactionResult>>(group.size(), NotWritten());
  };
  const auto none_may_be_written = [&] {
    return std::vector<Result<TransactionResult>>(group.size(), StoreIsDamaged());
  };
  const EngineAccess::Lease engine(access_);
  if (access_.damage().is_known()) return none_may_be_written();
  if (!engine || engine->failed()) return none_is_written();
  Batch batch(*engine, feed_prefix_, NewestPosition(), newest_item_);
  batch.Read(group, access_.damage());
  if (access_.damage().is_known()) return none_may_be_written();
  std::vector<Result<TransactionResult>> results;
  results.reserve(group.size());
  std::uint64_t committed = 0;
  for (const auto& pending : group) {
    if (HasPassed(pending->deadline)) {
      results.emplace_back(Error::Unavailable("The store is overloaded."));
      continue;
    }
    results.push_back(batch.Evaluate(pending->transaction));
    if (results.back().ok() && results.back()->committed) ++committed;
  }
  if (committed == 0) return results;

  rocksdb::Status status = engine->Write(batch.writes());
  const NewestItem newest_item = batch.newest_item();
  if (status.ok()) {
    // Only now, because the anchor must never promise anything that is not durable.
    if (engine->listener().ConsumeFilesChanged()) {
      const EngineFiles files = engine->Files(Engine::Tables::kLeftOut);
      if (files.manifest_number != 0) {
        anchor_.WriteFiles(files.manifest_number, files.manifest_bytes, files.wal_number)
            .PermitUncheckedError();  // the next write has the same status
      }
    }
    status = anchor_.Write(engine->db().GetLatestSequenceNumber(), batch.newest_position(),
                           newest_item.key, newest_item.digest);
    if (!status.ok()) engine->MarkFailed();
  }
  if (!status.ok()) {
    ++statistics_.failed_batches;
    access_.damage().ReportIfDamage(status);
    log_.Error("store_write_failed").Text("reason", status.ToString());
    // Rejections may also depend on changes of this batch that were not written.
    return none_is_written();
  }
  probe_at_ = DeadlineIn(kProbeInterval);
  ++statistics_.batches;
  statistics_.transactions += committed;
  newest_item_ = newest_item;
  SetNewestPosition(batch.newest_position());
  return results;
}

void GroupCommit::ReopenIfFailed() {
  {
    const EngineAccess::Lease engine(access_);
    statistics_.writable = engine && !engine->failed();
  }
  // Reopening would only hide the damage until it is found again.
  if (access_.damage().is_known()) statistics_.writable = false;
  if (statistics_.writable || access_.damage().is_known() || !HasPassed(next_reopen_)) return;
  const Status reopened = ReopenEngine();
  statistics_.writable = reopened.ok();
  if (reopened.ok()) {
    reopen_delay_ = kFirstReopenDelay;
    log_.Info("store_reopened");
  } else {
    reopen_delay_ = std::min(reopen_delay_ * 2, kMaxReopenDelay);
    log_.Error("store_reopen_failed").Text("reason", reopened.error().message);
  }
  next_reopen_ = DeadlineIn(reopen_delay_);
}

Status GroupCommit::ReopenEngine() {
  if (auto reopened = access_.Reopen(anchor_.current()); !reopened.ok()) return reopened;
  const EngineAccess::Lease engine(access_);
  if (!engine) return NoEngine();
  // A failed write may still be in the log. Then its positions are in use.
  const auto anchor = AnchorOf(*engine, anchor_.current());
  const Status restarted = anchor.ok() ? anchor_.Restart(*anchor) : Status(anchor.error());
  if (!restarted.ok()) {
    engine->MarkFailed();
    return restarted;
  }
  newest_item_ = NewestItem{anchor->newest_key, anchor->newest_digest};
  SetNewestPosition(anchor->position);
  return Done{};
}

void GroupCommit::SetNewestPosition(std::uint64_t position) {
  {
    const MutexLock lock(position_mutex_);
    newest_position_ = position;
  }
  position_moved_.NotifyAll();
  alarms_.Ring(position);
}

std::uint64_t GroupCommit::NewestPosition() const {
  const MutexLock lock(position_mutex_);
  return newest_position_;
}

void GroupCommit::WaitForPosition(std::uint64_t beyond, std::chrono::milliseconds at_most) {
  MutexLock lock(position_mutex_);
  position_moved_.WaitFor(position_mutex_, at_most, [&]() USERS_REQUIRES(position_mutex_) {
    return interrupted_ || newest_position_ > beyond;
  });
}

void GroupCommit::RingAfter(std::uint64_t position, const std::shared_ptr<Alarm>& alarm) {
  alarms_.Add(position, alarm);
  // A commit between the caller's last read and now has not rung it.
  alarms_.Ring(NewestPosition());
}

void GroupCommit::InterruptWaits() {
  {
    const MutexLock lock(position_mutex_);
    interrupted_ = true;
  }
  position_moved_.NotifyAll();
}

}  // namespace users::storage::local
