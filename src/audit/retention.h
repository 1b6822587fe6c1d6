#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "audit/relay.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "storage/change_feed.h"

namespace users::audit {

// Removes the oldest records of the change feed, and with them the index of all entries by commit
// order. The entries themselves stay.
//
// A record is removed when its entry is older than the retention. A record that some consumer has
// not delivered yet is kept for twice that time. After that it is removed too, and
// `events_expired` is logged.
//
// The age is that of the entry, by the clock. A removal that fails is logged as `retention_failed`
// and retried. Runs on its own thread, in small batches with pauses, and holds no lock that a
// request could wait for.
class Retention {
 public:
  // All references must outlive this. `consumers` are those that deliver now. `age` is positive.
  Retention(storage::ChangeFeed& feed, EntryDecoder decode, std::vector<std::string> consumers,
            const Clock& clock, std::chrono::milliseconds age, const Log& log);
  ~Retention();
  Retention(const Retention&) = delete;
  Retention& operator=(const Retention&) = delete;

  // The number of records that were removed. Thread-safe.
  const std::atomic<std::uint64_t>& removed() const { return removed_; }

 private:
  void Run();
  // Removes one batch. Returns whether there may be more to remove.
  Result<bool> RemoveBatch();
  // Returns the position up to which every consumer is done.
  Result<std::uint64_t> Delivered() const;
  bool IsOld(const storage::FeedRecord& record, std::uint64_t delivered) const;

  storage::ChangeFeed& feed_;
  const EntryDecoder decode_;
  const std::vector<std::string> consumers_;
  const Clock& clock_;
  const std::chrono::milliseconds age_;
  const Log& log_;
  std::atomic<std::uint64_t> removed_{0};
  Mutex mutex_;
  ConditionVariable stop_;
  bool stopping_ USERS_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace users::audit
