#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "audit/event.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/result.h"
#include "domain/audit_entry.h"
#include "storage/change_feed.h"

namespace users::audit {

// The destination of events. Called from the relay's thread only.
class EventTarget {
 public:
  virtual ~EventTarget() = default;
  // Delivers events in this order. They are durable when it returns without an error. After an
  // error the same events are delivered again, so some may be delivered twice.
  virtual Status Deliver(const std::vector<std::string>& envelopes) = 0;
};

// Turns a record of the feed into the entry that it refers to.
using EntryDecoder = std::function<Result<domain::AuditEntry>(const storage::FeedRecord&)>;

// Counters of a relay. They may be read on any thread.
struct RelayStatistics {
  std::atomic<std::uint64_t> delivered{0};  // events, repeated ones included
  std::atomic<std::uint64_t> failures{0};   // deliveries that will be retried
  std::atomic<std::uint64_t> checkpoint{0};
};

// Delivers every committed change from the feed to a target: at least once, in the order of
// commitment, which is the order of each user's versions.
//
// The checkpoint moves after delivery: at once if there is nothing more to deliver, otherwise every
// 200 ms. After a crash, the events of that time may be delivered again. A single change is
// delivered at once; the changes of the next 20 ms are delivered together. An entry that cannot be
// read, or whose hashes do not match, is never delivered: the relay stops before it, logs
// `relay_failed` and retries, at most every 10 seconds, until an operator acts. The relay runs on
// its own thread and holds no lock that a request could wait for.
class Relay {
 public:
  // All references must outlive the relay. `consumer` names its checkpoint.
  Relay(storage::ChangeFeed& feed, EventTarget& target, EntryDecoder decode, EventOrigin origin,
        std::string consumer, const Log& log);
  // Delivers the remaining changes if the first attempt succeeds, then stops.
  ~Relay();

  // The counters.
  const RelayStatistics& statistics() const { return statistics_; }

 private:
  void Run();
  // The state of the relay. After a crash, events that were delivered but not saved are delivered
  // again.
  struct Progress {
    std::uint64_t delivered = 0;
    std::uint64_t saved = 0;
    Deadline save_at;       // if there is more to deliver
    Deadline gather_until;  // the next delivery includes the changes until then
  };
  Status Begin(std::optional<Progress>& progress);
  Status DeliverNext(Progress& progress, bool& idle);
  // Fails if the entry cannot be read or its hashes do not match.
  Result<std::string> EnvelopeOf(const storage::FeedRecord& record) const;
  Status Save(Progress& progress);
  // Returns at that moment, or when the relay must stop.
  void PauseUntil(Deadline moment);
  bool IsStopping();

  storage::ChangeFeed& feed_;
  EventTarget& target_;
  const EntryDecoder decode_;
  const EventOrigin origin_;
  const std::string consumer_;
  const Log& log_;
  RelayStatistics statistics_;
  Mutex mutex_;
  ConditionVariable stop_;
  bool stopping_ USERS_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace users::audit
