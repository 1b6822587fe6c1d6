#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "audit/event.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "domain/audit_entry.h"
#include "storage/change_feed.h"

namespace users::audit {

// Where events are delivered to. Called from the relay's thread only.
class EventTarget {
 public:
  virtual ~EventTarget() = default;
  // Delivers events in this order. Durable when it returns without an error; after an error the
  // same events come again, so some may have been delivered.
  virtual Status Deliver(const std::vector<std::string>& envelopes) = 0;
};

// Turns a record of the feed into the entry that it refers to.
using EntryDecoder = std::function<Result<domain::AuditEntry>(const storage::FeedRecord&)>;

struct RelayStatistics {
  std::atomic<std::uint64_t> delivered{0};  // events, repeated ones included
  std::atomic<std::uint64_t> failures{0};   // deliveries that will be tried again
  std::atomic<std::uint64_t> checkpoint{0};
};

// Carries every committed change from the feed to a target: at least once, in the order of
// commitment, which is the order of each user's versions. The checkpoint moves after delivery: at
// once when there is nothing more to deliver, otherwise every 200 ms, so after a crash that much
// may come again. A change that comes alone is delivered at once; those of the next 20 ms go
// together. An entry that cannot be read, or whose hashes do not match, is never delivered: the
// relay stops before it, logs `relay_failed` and tries again, at most every 10 seconds, until an
// operator acts. It runs on a thread of its own and holds no lock that a request could wait for.
class Relay {
 public:
  // All references outlive the relay. `consumer` names its checkpoint.
  Relay(storage::ChangeFeed& feed, EventTarget& target, EntryDecoder decode, EventOrigin origin,
        std::string consumer, const Log& log);
  // Delivers what is there if that works at the first try, then stops.
  ~Relay();

  const RelayStatistics& statistics() const { return statistics_; }

 private:
  void Run();
  // How far the relay is. What was delivered and not yet saved comes again after a crash only.
  struct Progress {
    std::uint64_t delivered = 0;
    std::uint64_t saved = 0;
    Deadline save_at;       // while there is more to deliver
    Deadline gather_until;  // the next delivery takes along what comes before
  };
  Status Begin(std::optional<Progress>& progress);
  Status DeliverNext(Progress& progress, bool& idle);
  // An error if the entry cannot be read or its hashes do not match.
  Result<std::string> EnvelopeOf(const storage::FeedRecord& record) const;
  Status Save(Progress& progress);
  // Returns at that moment, or when the relay is to stop.
  void PauseUntil(Deadline moment);
  bool IsStopping();

  storage::ChangeFeed& feed_;
  EventTarget& target_;
  const EntryDecoder decode_;
  const EventOrigin origin_;
  const std::string consumer_;
  const Log& log_;
  RelayStatistics statistics_;
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace users::audit
