#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/sha256.h"
#include "domain/user.h"

namespace users::domain {

// What a change did. Readers accept actions that they do not know, so an entry keeps text.
namespace action {
inline constexpr std::string_view kUserCreated = "USER_CREATED";
inline constexpr std::string_view kUserUpdated = "USER_UPDATED";
inline constexpr std::string_view kStatusChanged = "STATUS_CHANGED";
inline constexpr std::string_view kRoleAssigned = "ROLE_ASSIGNED";
inline constexpr std::string_view kRoleRemoved = "ROLE_REMOVED";
inline constexpr std::string_view kUserErased = "USER_ERASED";  // reserved
}  // namespace action

// Whether the name is one of the actions above.
bool IsKnownAction(std::string_view name);

inline constexpr int kAuditSchema = 1;

// Unpredictable, and new for each entry.
using Salt = std::array<std::uint8_t, 16>;

// One change of one user, and its place in that user's hash chain (audit/chain.h).
struct AuditEntry {
  std::string event_id;  // a ULID
  std::string user_id;
  std::uint64_t version = 0;  // the version of the user that the change made
  Timestamp timestamp;
  std::string action;
  std::string actor;  // the caller's full principal ARN
  std::string access_key_id;
  std::string correlation_id;
  std::string changes;  // {field: {"before": ..., "after": ...}} in RFC 8785 form
  Salt salt{};
  Sha256Digest changes_hash{};
  Sha256Digest prev_hash{};
  Sha256Digest hash{};
};

// The fields whose value differs, whole values, in RFC 8785 form. `before` is null at creation,
// where all five fields are listed. "{}" if nothing differs.
std::string ChangesBetween(const User* before, const User& after);

// The same changes as events show them: e-mail, name and metadata without their values.
std::string RedactChanges(std::string_view changes);

}  // namespace users::domain
