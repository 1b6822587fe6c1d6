#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "storage/table_store.h"

namespace users::maintenance {

// The result of comparing events with a store.
struct EventComparison {
  std::uint64_t compared = 0;
  std::uint64_t missing = 0;  // the store lacks the audit entry, or has another one instead
  std::string first_missing;  // "version 3 of user 01..."; empty if none is missing
};

// Looks up the audit entries of the newest events of an event file in a store. The store must have
// them, because each event was delivered after its change was durable. A file that does not exist
// has no events, and a last line without its end was never delivered. Errors: kInternal if a line
// is not an event, kUnavailable if the file or the store cannot be read.
Result<EventComparison> CompareNewestEvents(const std::string& event_file,
                                            storage::TableStore& store);

}  // namespace users::maintenance
