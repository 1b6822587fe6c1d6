#pragma once

#include <string>
#include <string_view>

#include "domain/audit_entry.h"

namespace users::audit {

inline constexpr std::string_view kEventSource = "user-management.users";
inline constexpr std::string_view kEventDetailType = "UserAuditEvent";

// Where events say they come from.
struct EventOrigin {
  std::string account;  // 12 digits
  std::string region;
};

// The event without its envelope, one JSON object: the entry as consumers see it.
std::string EventDetail(const domain::AuditEntry& entry);

// The whole event in EventBridge's envelope, one JSON object. Its `id` is made from the entry's
// hash, so that consumers can tell a repeated event.
std::string EventEnvelope(const domain::AuditEntry& entry, const EventOrigin& origin);

}  // namespace users::audit
