#pragma once

#include <string>

#include "domain/audit_entry.h"

namespace users::audit {

// Who sees which of an entry's members.
enum class EntryView {
  kWhole,  // the audit query: everything
  kEvent,  // the event: no salt, and in the changes only `status` and `roles` with their values
};

// One JSON object, in the order of the contract.
std::string EntryJson(const domain::AuditEntry& entry, EntryView view);
void AppendEntryJson(std::string& out, const domain::AuditEntry& entry, EntryView view);

// What `hash` covers: the members but changes, salt and hash, in RFC 8785 form.
std::string HashedEntryJson(const domain::AuditEntry& entry);

}  // namespace users::audit
