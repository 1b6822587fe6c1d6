#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "lambda_runtime/trace.h"
#include "storage/table_store.h"

namespace users::wiring {

// Returns a store that reports its calls to X-Ray, each as one subsegment that includes retries.
// `table` is the table named in the subsegments. All references must outlive it.
std::unique_ptr<storage::TableStore> TraceCalls(storage::TableStore& store,
                                                lambda_runtime::Tracer& tracer, const Clock& clock,
                                                std::string table);

}  // namespace users::wiring
