#pragma once

#include <string>

#include "domain/audit_entry.h"

namespace users::audit {

// The one list of an entry's members, in the order of the contract, and who sees which of them.
enum class EntryView {
  kWhole,   // the audit query: everything
  kEvent,   // the event: no salt, and in the changes only `status` and `roles` with their values
  kHashed,  // what `hash` covers: neither changes nor salt nor hash
};

// One JSON object.
std::string EntryJson(const domain::AuditEntry& entry, EntryView view);

}  // namespace users::audit
