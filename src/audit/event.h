#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "domain/audit_entry.h"

namespace users::audit {

inline constexpr std::string_view kEventSource = "user-management.users";
inline constexpr std::string_view kEventDetailType = "UserAuditEvent";

// The account and the region that events name as their origin.
struct EventOrigin {
  std::string account;  // 12 digits
  std::string region;
};

// Returns the event without its envelope, as one JSON object: the entry as consumers see it.
// Thread-safe.
std::string EventDetail(const domain::AuditEntry& entry);

// Returns the whole event in EventBridge's envelope, as one JSON object. Its `id` is the entry's
// eventId, so that consumers can recognise a repeated event. Thread-safe.
std::string EventEnvelope(const domain::AuditEntry& entry, const EventOrigin& origin);

// Returns the same, or kInternal if the entry's hashes do not match its members: such an entry is
// never shown as an event. The message is for the operator. Thread-safe.
Result<std::string> VerifiedEnvelope(const domain::AuditEntry& entry, const EventOrigin& origin);

}  // namespace users::audit
