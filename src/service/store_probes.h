#pragma once

#include "base/async/task.h"
#include "base/clock.h"
#include "storage/table_store.h"

// Cheap calls of a store that tell whether the service can work with it. They change nothing that
// the service reads. Thread-safe. The store must outlive the call.
namespace users::service {

// Returns whether the store returns an item of the users table by the deadline.
Task<bool> IsReachable(storage::TableStore& store, Deadline deadline);

// Returns whether the store takes a write to the idempotency table by the deadline. A conflict with
// the probe of another server counts as success.
Task<bool> IsWritable(storage::TableStore& store, Timestamp now, Deadline deadline);

}  // namespace users::service
