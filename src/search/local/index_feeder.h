#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/result.h"
#include "search/local/index_database.h"
#include "search/local/user_source.h"
#include "storage/change_feed.h"
#include "storage/table_store.h"

namespace users::search::local {

// Counters and state of an index. They may be read on any thread.
struct IndexStatistics {
  std::atomic<bool> ready{false};          // false while the index is being built
  std::atomic<std::uint64_t> position{0};  // of the feed: changes up to it are in the index
  std::atomic<std::uint64_t> users{0};     // users written, repeated ones included
  std::atomic<std::uint64_t> builds{0};    // begun, from nothing
  std::atomic<std::uint64_t> failures{0};  // steps that will be tried again
};

// The consumer's name in the change feed.
inline constexpr std::string_view kSearchConsumer = "search";

// Keeps the index up to date, on its own thread. It writes the users whose changes the feed has
// recorded, as they are now. A single change is written at once; the changes of the next 50 ms are
// written together.
//
// The index is derived data. If it is missing, damaged, of another version or of another store, or
// if the feed no longer has the changes that it lacks, the feeder removes it and builds it from the
// users. An interrupted build continues. The index is ready once it contains every change that was
// committed when the feeder opened it.
//
// The checkpoint in the feed only keeps the records that the index may need after a kill. The
// position in the index decides.
class IndexFeeder {
 public:
  // All references must outlive the feeder. The thread starts at once.
  IndexFeeder(storage::ChangeFeed& feed, storage::TableStore& store, std::uint32_t list_shards,
              const IndexDatabaseOptions& options, const Log& log);
  // Makes the index durable, then stops.
  ~IndexFeeder();
  IndexFeeder(const IndexFeeder&) = delete;
  IndexFeeder& operator=(const IndexFeeder&) = delete;

  // Returns the index, or null while it is not ready. Release it soon. Thread-safe.
  std::shared_ptr<const IndexDatabase> Ready() const;
  // Says that a search could not read the index. Thread-safe.
  void ReportFailure(std::string reason);
  // Returns when the index is ready, or after this time. Thread-safe.
  void WaitUntilReady(std::chrono::milliseconds at_most);

  const IndexStatistics& statistics() const { return statistics_; }

 private:
  void Run();
  // One step of the work. An error is not the index's: the step is tried again.
  Status Step();
  Status OpenIndex();
  Status CompareWithStore(const IndexState& state);
  Status BeginBuild();
  Status BuildNext();
  Status Follow();
  Status Save();
  // Writes to the index, and discards it if that fails.
  Status Write(const std::vector<UserTerms>& users, const IndexState& state);
  // Removes the index. The next step builds another one. Returns an error with the reason.
  Error Discard(const std::string& reason);
  void SetReady(bool ready);
  // Returns at that moment, or when the feeder must stop.
  void PauseUntil(Deadline moment);
  bool IsStopping();

  storage::ChangeFeed& feed_;
  const IndexDatabaseOptions options_;
  const Log& log_;
  IndexStatistics statistics_;
  // Used by the feeder's thread only.
  UserSource source_;
  std::shared_ptr<IndexDatabase> index_;
  std::uint64_t ready_at_ = 0;  // the position from which on the index is ready
  std::optional<std::chrono::steady_clock::time_point> build_began_;
  std::uint64_t users_built_ = 0;
  Deadline report_at_;
  std::optional<Deadline> save_at_;  // if there are updates that are not durable

  mutable Mutex mutex_;
  ConditionVariable changed_;
  bool stopping_ USERS_GUARDED_BY(mutex_) = false;
  std::shared_ptr<IndexDatabase> ready_index_ USERS_GUARDED_BY(mutex_);  // null: not ready
  std::optional<std::string> reported_failure_ USERS_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace users::search::local
