#pragma once

#include <chrono>
#include <vector>

#include "audit/event_bus.h"
#include "base/clock.h"
#include "base/task.h"

namespace users::audit {

// How long to wait at most before an event is tried a second time; twice that before the third.
inline constexpr std::chrono::milliseconds kPublishBackOff{100};

// Puts events on a bus, in as few calls as its limits allow, each user's in the order given: of a
// user whose event was not taken, the later ones of that call are sent again after it, and none
// beyond. An event is tried three times; what stays behind is not, and neither are the later events
// of its user. At least once: a false says only that the event may be missing.
// Returns whether each was taken, in their order.
Task<std::vector<bool>> Publish(EventBus& bus, std::vector<BusEvent> events, Deadline deadline,
                                std::chrono::milliseconds back_off = kPublishBackOff);

}  // namespace users::audit
