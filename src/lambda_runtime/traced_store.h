#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "lambda_runtime/trace.h"
#include "storage/table_store.h"

namespace users::lambda_runtime {

// Returns a store that reports its calls to X-Ray, each as one subsegment that includes retries.
// `table` is the table named in the subsegments. All references must outlive it.
std::unique_ptr<storage::TableStore> TraceCalls(storage::TableStore& store, Tracer& tracer,
                                                const Clock& clock, std::string table);

}  // namespace users::lambda_runtime
