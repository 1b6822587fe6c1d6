#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "audit/event.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"

namespace users::audit {

// An event as a bus takes it: the bus makes the envelope.
struct BusEvent {
  BusEvent(std::string user_id, Timestamp time, std::string detail)
      : user_id(std::move(user_id)), time(time), detail(std::move(detail)) {}

  std::string user_id;  // whose order counts; not sent
  Timestamp time;
  std::string detail;  // JSON

  // By EventBridge's measure ("Calculating Amazon EventBridge PutEvents event entry size").
  std::size_t SizeInBytes() const {
    constexpr std::size_t kTimeBytes = 14;
    return kTimeBytes + kEventSource.size() + kEventDetailType.size() + detail.size();
  }
};

// What a bus says of one event.
enum class Receipt { kTaken, kTryAgain, kRefused };

// A bus that several targets listen to. Semantics and limits are EventBridge's PutEvents: it takes
// each event of a call or does not. Thread-safe.
class EventBus {
 public:
  static constexpr std::size_t kMostEventsOfACall = 10;
  static constexpr std::size_t kMostBytesOfACall = 256 << 10;  // less than this

  virtual ~EventBus() = default;

  // One receipt for each event, in their order. An Error: nobody knows whether any was taken.
  virtual Task<Result<std::vector<Receipt>>> Put(std::vector<BusEvent> events,
                                                 Deadline deadline) = 0;
};

}  // namespace users::audit
