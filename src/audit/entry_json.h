#pragma once

#include <string>

#include "domain/audit_entry.h"

namespace users::audit {

// The members of an entry that a reader may see.
enum class EntryView {
  kWhole,  // the audit query: every member
  kEvent,  // the event: no salt; changes show the values of a user's `status` and `roles` only
};

// Return or append the entry as one JSON object, with the members in the contract's order.
// Thread-safe.
std::string EntryJson(const domain::AuditEntry& entry, EntryView view);
void AppendEntryJson(std::string& out, const domain::AuditEntry& entry, EntryView view);

// Returns the text that `hash` covers: all members except changes, salt and hash, in RFC 8785 form.
// Thread-safe.
std::string HashedEntryJson(const domain::AuditEntry& entry);

}  // namespace users::audit
