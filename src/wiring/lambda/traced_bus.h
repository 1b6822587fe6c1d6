#pragma once

#include <memory>

#include "audit/event_bus.h"
#include "base/clock.h"
#include "lambda_runtime/trace.h"

namespace users::wiring {

// A bus whose calls are told to X-Ray, each as one subsegment, repetitions included. All outlive
// it.
std::unique_ptr<audit::EventBus> TraceCalls(audit::EventBus& bus, lambda_runtime::Tracer& tracer,
                                            const Clock& clock);

}  // namespace users::wiring
