#pragma once

#include <memory>

#include "audit/event_bus.h"
#include "base/clock.h"
#include "lambda_runtime/trace.h"

namespace users::lambda_runtime {

// Returns a bus that reports its calls to X-Ray, each as one subsegment that includes retries. All
// references must outlive it.
std::unique_ptr<audit::EventBus> TraceCalls(audit::EventBus& bus, Tracer& tracer,
                                            const Clock& clock);

}  // namespace users::lambda_runtime
