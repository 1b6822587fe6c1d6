#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "lambda_runtime/trace.h"
#include "storage/table_store.h"

namespace users::wiring {

// A store whose calls are told to X-Ray, each as one subsegment, repetitions included. `table` is
// what they are said to be about. All outlive it.
std::unique_ptr<storage::TableStore> TraceCalls(storage::TableStore& store,
                                                lambda_runtime::Tracer& tracer, const Clock& clock,
                                                std::string table);

}  // namespace users::wiring
