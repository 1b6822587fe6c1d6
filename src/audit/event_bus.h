#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "audit/event.h"
#include "base/async/task.h"
#include "base/clock.h"
#include "base/result.h"

namespace users::audit {

// An event without its envelope, which the bus adds.
struct BusEvent {
  BusEvent(std::string chain, Timestamp time, std::string detail)
      : chain(std::move(chain)), time(time), detail(std::move(detail)) {}

  std::string chain;  // events of one chain keep their order; not sent
  Timestamp time;
  std::string detail;  // JSON

  // The size as EventBridge counts it ("Calculating Amazon EventBridge PutEvents event entry
  // size").
  std::size_t SizeInBytes() const {
    constexpr std::size_t kTimeBytes = 14;
    return kTimeBytes + kEventSource.size() + kEventDetailType.size() + detail.size();
  }
};

// The result of putting one event: accepted, to be retried, or rejected for good.
enum class Receipt { kTaken, kTryAgain, kRejected };

// A bus that several targets listen to. Semantics and limits are those of EventBridge's PutEvents:
// the bus accepts or rejects each event of a call on its own. Thread-safe.
class EventBus {
 public:
  static constexpr std::size_t kMaxEventsPerCall = 10;
  static constexpr std::size_t kMaxCallBytes = 256 << 10;  // a call must be smaller

  virtual ~EventBus() = default;

  // Puts 1 to kMaxEventsPerCall events. Returns one receipt for each event, in their order. After
  // an error (kUnavailable or kInternal) it is unknown whether any event was accepted.
  virtual Task<Result<std::vector<Receipt>>> Put(std::vector<BusEvent> events,
                                                 Deadline deadline) = 0;
};

}  // namespace users::audit
