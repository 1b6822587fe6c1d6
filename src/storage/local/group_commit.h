#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "storage/local/engine_access.h"
#include "storage/local/feed_table.h"
#include "storage/local/local_store.h"
#include "storage/table_store.h"

namespace users::storage::local {

// A transaction on its way, and whom to tell. Complete is called once, on the writer's thread.
class PendingTransaction {
 public:
  PendingTransaction(Transaction transaction, Deadline deadline)
      : transaction(std::move(transaction)), deadline(deadline) {}
  virtual ~PendingTransaction() = default;
  virtual void Complete(Result<TransactionResult> result) = 0;

  Transaction transaction;
  Deadline deadline;
};

// The only writer of the tables and the feed. It takes all transactions that wait, judges the
// conditions of each against the database and those before it, commits what holds with one synced
// write, and only then tells anybody anything: a refusal, too, may rest on a neighbour's change.
class GroupCommit {
 public:
  // `last_position` is the last feed position in use.
  GroupCommit(EngineAccess& access, const FeedTable& feed, const LocalStoreOptions& options,
              std::uint64_t last_position, LocalStoreStatistics& statistics, const Log& log);
  // Commits what waits, then stops.
  ~GroupCommit();

  // False if too many wait already; then nothing happens to it.
  bool Submit(std::unique_ptr<PendingTransaction>& pending);

  // The newest committed feed position, and a wait for one beyond `position`.
  std::uint64_t NewestPosition() const;
  void WaitForPosition(std::uint64_t beyond, std::chrono::milliseconds at_most);
  void InterruptWaits();

 private:
  class Batch;
  using Group = std::vector<std::unique_ptr<PendingTransaction>>;
  void Run();
  std::vector<Result<TransactionResult>> Commit(const Group& group);
  // Now and then, a synced write that changes no table, so that a disk that fails or hangs is
  // noticed although nobody writes.
  void ProbeDisk();
  void MendEngine();
  Status ReopenEngine();
  void SetNewestPosition(std::uint64_t position);

  EngineAccess& access_;
  const FeedTable& feed_;
  const std::string feed_prefix_;
  const std::size_t most_waiting_;
  LocalStoreStatistics& statistics_;
  const Log& log_;

  std::mutex queue_mutex_;
  std::condition_variable queue_filled_;
  std::deque<std::unique_ptr<PendingTransaction>> queue_;
  bool stopping_ = false;

  mutable std::mutex position_mutex_;
  std::condition_variable position_moved_;
  std::uint64_t newest_position_;
  bool interrupted_ = false;

  // Of the writer's thread alone.
  Deadline mend_again_{};
  Deadline probe_at_{};
  std::chrono::milliseconds mend_delay_;
  std::thread thread_;
};

}  // namespace users::storage::local
