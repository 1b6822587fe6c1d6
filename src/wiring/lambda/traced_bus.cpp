#include "wiring/lambda/traced_bus.h"

#include "wiring/lambda/traced_call.h"

namespace users::wiring {
namespace {

class TracedBus final : public audit::EventBus {
 public:
  TracedBus(audit::EventBus& bus, lambda_runtime::Tracer& tracer, const Clock& clock)
      : bus_(bus), calls_(tracer, clock, "EventBridge", "") {}

  Task<Result<std::vector<audit::Receipt>>> Put(std::vector<audit::BusEvent> events,
                                                Deadline deadline) override {
    return calls_.Traced("PutEvents", bus_.Put(std::move(events), deadline));
  }

 private:
  audit::EventBus& bus_;
  const TracedCalls calls_;
};

}  // namespace

std::unique_ptr<audit::EventBus> TraceCalls(audit::EventBus& bus, lambda_runtime::Tracer& tracer,
                                            const Clock& clock) {
  return std::make_unique<TracedBus>(bus, tracer, clock);
}

}  // namespace users::wiring
