#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/audit_entry.h"
#include "storage/local/local_store.h"

namespace users::testing {

// Checks points 1, 2, 4 and 5 of "What must always hold" from the stored items alone. It shares no
// code with the service's own checker, decoders or replay, so that a fault in one does not hide a
// fault in the other. Returns a description of all faults.
std::string BrokenInvariantsOf(storage::local::LocalStore& store);

// Returns every audit entry, each user's in the order of versions.
std::vector<domain::AuditEntry> EntriesOf(storage::local::LocalStore& store);

// Returns the entry that a request wrote, if it did.
std::optional<domain::AuditEntry> EntryOf(storage::local::LocalStore& store,
                                          std::string_view correlation_id);

}  // namespace users::testing
