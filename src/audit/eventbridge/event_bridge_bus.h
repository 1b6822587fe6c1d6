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

struct EventBridgeOptions {
  std::string bus_name;
  std::string endpoint;  // empty: as the environment says, AWS's own at last
};

// An event bus of Amazon EventBridge, or of an engine with its protocol.
class EventBridgeBus : public EventBus {
 public:
  // As aws::Service::Open.
  static Result<std::unique_ptr<EventBridgeBus>> Open(const EventBridgeOptions& options,
                                                      const aws::Environment& environment,
                                                      const Clock& clock, const Log& log);

  // Opens a connection ahead of its need, for the io_context that awaits it.
  virtual Task<Status> Connect(Deadline deadline) = 0;
};

}  // namespace users::audit::eventbridge
