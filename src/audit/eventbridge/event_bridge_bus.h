#pragma once

#include <memory>
#include <string>

#include "audit/event_bus.h"
#include "aws/environment.h"
#include "aws/service.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"

namespace users::audit::eventbridge {

// The bus to use and where it is.
struct EventBridgeOptions {
  std::string bus_name;
  std::string endpoint;  // empty: from the environment, or else AWS's own
};

// An event bus of Amazon EventBridge, or of an engine with its protocol. Thread-safe.
class EventBridgeBus : public EventBus {
 public:
  // Opens the bus without connecting. Fails like aws::Service::Open. `clock` and `log` must outlive
  // the bus.
  static Result<std::unique_ptr<EventBridgeBus>> Open(const EventBridgeOptions& options,
                                                      const aws::Environment& environment,
                                                      const Clock& clock, const Log& log);

  // Opens a connection in advance, for the io_context that awaits it. Fails with kUnavailable if
  // the connection cannot be opened before the deadline.
  virtual Task<Status> Connect(Deadline deadline) = 0;
};

}  // namespace users::audit::eventbridge
