#pragma once

#include <chrono>
#include <vector>

#include "audit/event_bus.h"
#include "base/async/task.h"
#include "base/clock.h"

namespace users::audit {

// The maximum wait before the second attempt to put an event. It is twice as long before the third.
inline constexpr std::chrono::milliseconds kPublishBackOff{100};

// Puts events on a bus in as few calls as its limits allow, and keeps the order of each user's
// events. Each event is tried three times. If an event was not accepted, the later events of its
// user in the same call are sent again after it. If it failed for good, no later events of its user
// are sent.
//
// Returns for each event, in order, whether it was accepted. Delivery is at least once: false means
// only that the event may be missing. Thread-safe if the bus is.
Task<std::vector<bool>> Publish(EventBus& bus, std::vector<BusEvent> events, Deadline deadline,
                                std::chrono::milliseconds back_off = kPublishBackOff);

}  // namespace users::audit
