#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/sha256.h"
#include "domain/user.h"

namespace users::domain {

// The actions of audit entries. An entry holds its action as text, because readers must accept
// actions that they do not know.
namespace action {
inline constexpr std::string_view kUserCreated = "USER_CREATED";
inline constexpr std::string_view kUserUpdated = "USER_UPDATED";
inline constexpr std::string_view kStatusChanged = "STATUS_CHANGED";
inline constexpr std::string_view kRoleAssigned = "ROLE_ASSIGNED";
inline constexpr std::string_view kRoleRemoved = "ROLE_REMOVED";
inline constexpr std::string_view kUserErased = "USER_ERASED";  // reserved
// The actions of entries about a subject.
inline constexpr std::string_view kCatalogueChanged = "CATALOGUE_CHANGED";
inline constexpr std::string_view kPrincipalsChanged = "PRINCIPALS_CHANGED";
}  // namespace action

// The actions that entries about a user may have, and those that any entry may have.
inline constexpr std::array kUserActions{action::kUserCreated,   action::kUserUpdated,
                                         action::kStatusChanged, action::kRoleAssigned,
                                         action::kRoleRemoved,   action::kUserErased};
inline constexpr std::array kAllActions{action::kUserCreated,      action::kUserUpdated,
                                        action::kStatusChanged,    action::kRoleAssigned,
                                        action::kRoleRemoved,      action::kUserErased,
                                        action::kCatalogueChanged, action::kPrincipalsChanged};

inline constexpr int kAuditSchema = 1;

// Unpredictable, and new for each entry.
using Salt = std::array<std::uint8_t, 16>;

// One change of a user or of a subject, and its place in their hash chain (audit/chain.h). A subject
// is configuration whose history the trail keeps (domain/subject_state.h).
struct AuditEntry {
  // The user's id or the subject's name. Each has a chain of its own.
  const std::string& chain() const { return subject.empty() ? user_id : subject; }

  std::string event_id;       // a ULID
  std::string user_id;        // empty if the entry is about a subject
  std::string subject;        // empty if the entry is about a user
  std::uint64_t version = 0;  // of the user or the subject after the change
  Timestamp timestamp;
  std::string action;
  std::string actor;          // the caller's full principal ARN
  std::string access_key_id;  // empty if the entry is about a subject
  std::string correlation_id;
  std::optional<std::string> reason;  // the header X-Audit-Reason
  // The subject of the change, in clear, because it outlives the erasure of `changes`. Entries that
  // were written before these members existed have none of them.
  std::optional<std::string> role;                         // of ROLE_ASSIGNED and ROLE_REMOVED
  std::optional<std::string> status;                       // the new one, of STATUS_CHANGED
  std::optional<std::vector<std::string>> changed_fields;  // the names in `changes`, sorted
  std::string changes;  // {field: {"before": ..., "after": ...}} in RFC 8785 form
  Salt salt{};
  Sha256Digest changes_hash{};
  Sha256Digest prev_hash{};
  Sha256Digest hash{};
};

// Returns the fields whose values differ, with whole values, in RFC 8785 form. At creation
// (`before` is null) all fields are listed, except handles that were not given, and each `before` is
// null. Returns "{}" if nothing differs. Thread-safe.
std::string ChangesBetween(const User* before, const User& after);

// Sets `changes`, and the three members that say what they are about. `action` is set already.
// Thread-safe if no other thread uses `entry`.
void SetChanges(AuditEntry& entry, const User* before, const User& after);

// Returns the same changes as events show them: only status and roles keep their values. Returns
// "{}" if `changes` is not a JSON object. Thread-safe.
std::string RedactChanges(std::string_view changes);
// Does the same for an entry about a subject: all values are removed.
std::string RedactAllChanges(std::string_view changes);

}  // namespace users::domain
