#pragma once

#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "storage/local/anchor_file.h"
#include "storage/local/engine_access.h"
#include "storage/local/feed_alarms.h"
#include "storage/local/local_store.h"
#include "storage/table_store.h"

namespace users::storage::local {

// A submitted transaction and the receiver of its result. Complete is called once, on the writer's
// thread.
class PendingTransaction {
 public:
  PendingTransaction(Transaction transaction, Deadline deadline)
      : transaction(std::move(transaction)), deadline(deadline) {}
  virtual ~PendingTransaction() = default;
  // Delivers the result to the submitter.
  virtual void Complete(Result<TransactionResult> result) = 0;

  Transaction transaction;
  Deadline deadline;
};

// The newest item that the change feed records: its encoded key and the SHA-256 of its bytes.
struct NewestItem {
  std::string key;
  Sha256Digest digest{};
};

// The only writer of the tables and the feed. It takes all waiting transactions, evaluates the
// conditions of each against the database and the transactions before it, commits those that pass
// with one synced write, and updates the anchor. Only then does it complete any of them, because a
// rejection may also depend on another transaction of the group.
class GroupCommit {
 public:
  // The anchor must match the open store.
  GroupCommit(EngineAccess& access, AnchorFile& anchor, const LocalStoreOptions& options,
              LocalStoreStatistics& statistics, const Log& log);
  // Commits the waiting transactions, then stops.
  ~GroupCommit();

  // Returns false if too many transactions wait already; then `pending` is unchanged.
  bool Submit(std::unique_ptr<PendingTransaction>& pending);

  // Returns the newest committed feed position; waits for a position beyond `beyond`; ends all
  // waits.
  std::uint64_t NewestPosition() const;
  void WaitForPosition(std::uint64_t beyond, std::chrono::milliseconds at_most);
  void InterruptWaits();
  // Rings the alarm as soon as a position beyond `position` is committed.
  void RingAfter(std::uint64_t position, const std::shared_ptr<Alarm>& alarm);

 private:
  class Batch;
  using Group = std::vector<std::unique_ptr<PendingTransaction>>;
  void Run();
  std::vector<Result<TransactionResult>> Commit(const Group& group);
  // Makes a synced write that changes no table from time to time, so that a disk that fails or
  // hangs is noticed when there are no other writes.
  void ProbeDisk();
  void ReopenIfFailed();
  Status ReopenEngine();
  void SetNewestPosition(std::uint64_t position);

  EngineAccess& access_;
  AnchorFile& anchor_;
  const std::string feed_prefix_;
  const std::size_t max_waiting_;
  LocalStoreStatistics& statistics_;
  const Log& log_;

  Mutex queue_mutex_;
  ConditionVariable queue_filled_;
  std::deque<std::unique_ptr<PendingTransaction>> queue_ USERS_GUARDED_BY(queue_mutex_);
  bool stopping_ USERS_GUARDED_BY(queue_mutex_) = false;

  mutable Mutex position_mutex_;
  ConditionVariable position_moved_;
  std::uint64_t newest_position_ USERS_GUARDED_BY(position_mutex_);
  bool interrupted_ USERS_GUARDED_BY(position_mutex_) = false;
  FeedAlarms alarms_;

  // Used by the writer's thread only.
  NewestItem newest_item_;
  Deadline next_reopen_{};
  Deadline probe_at_{};
  std::chrono::milliseconds reopen_delay_;
  std::thread thread_;
};

}  // namespace users::storage::local
