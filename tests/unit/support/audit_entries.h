#pragma once

#include <string>
#include <vector>

#include "domain/audit_entry.h"

namespace users::testing {

inline constexpr Timestamp kMorning{std::chrono::milliseconds(1'795'381'775'123)};

// Returns audit entry number `version` of a user, without its place in the chain, as programs wrote
// it before entries had changedFields, role, status and reason.
inline domain::AuditEntry EntryOfTheFirstForm(std::uint64_t version) {
  domain::AuditEntry entry;
  entry.event_id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  entry.user_id = "01ARZ3NDEKTSV4RRFFQ69G5FAW";
  entry.version = version;
  entry.timestamp = kMorning + std::chrono::milliseconds(version);
  entry.action = version == 1 ? domain::action::kUserCreated : domain::action::kUserUpdated;
  entry.actor = "arn:aws:iam::123456789012:user/clerk";
  entry.access_key_id = "AKIAIOSFODNN7EXAMPLE";
  entry.correlation_id = "c-" + std::to_string(version);
  entry.changes = R"({"name":{"after":"Ada )" + std::to_string(version) + R"(","before":null}})";
  return entry;
}

// The same as it is written today.
inline domain::AuditEntry UnsealedEntry(std::uint64_t version) {
  domain::AuditEntry entry = EntryOfTheFirstForm(version);
  entry.changed_fields = std::vector<std::string>{"name"};
  return entry;
}

}  // namespace users::testing
