#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/audit_entry.h"
#include "storage/local/local_store.h"

namespace users::testing {

// Points 1, 2, 4 and 5 of "What must always hold", judged from the stored items alone: nothing of
// the service's own checker, of its decoders or of its replay has part in it, so that one can be
// wrong without the other. Returns all that is wrong.
std::string BrokenInvariantsOf(storage::local::LocalStore& store);

// Every audit entry, each user's by version.
std::vector<domain::AuditEntry> EntriesOf(storage::local::LocalStore& store);

// The entry that a request left behind, if it did.
std::optional<domain::AuditEntry> EntryOf(storage::local::LocalStore& store,
                                          std::string_view correlation_id);

}  // namespace users::testing
