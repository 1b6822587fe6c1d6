#include "lambda_runtime/traced_bus.h"

#include "lambda_runtime/traced_call.h"

namespace users::lambda_runtime {
namespace {

class TracedBus final : public audit::EventBus {
 public:
  TracedBus(audit::EventBus& bus, Tracer& tracer, const Clock& clock)
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

std::unique_ptr<audit::EventBus> TraceCalls(audit::EventBus& bus, Tracer& tracer,
                                            const Clock& clock) {
  return std::make_unique<TracedBus>(bus, tracer, clock);
}

}  // namespace users::lambda_runtime
