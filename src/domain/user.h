#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace users::domain {

// The status of a user. A deleted user stays deleted.
enum class UserStatus { kActive, kDisabled, kDeleted };

// The names in the contract: "active", "disabled" and "deleted".
std::string_view NameOf(UserStatus status);
// Parses such a name. Returns nothing for any other text.
std::optional<UserStatus> ParseUserStatus(std::string_view name);

// Free-form text that callers attach to a user.
using Metadata = std::map<std::string, std::string>;

// Changes of single keys of such a map: a text sets the key, nothing removes it.
using MetadataChanges = std::map<std::string, std::optional<std::string>>;

// Applies the changes. Removing a key that the map does not have changes nothing. Thread-safe.
void Apply(const MetadataChanges& changes, Metadata& metadata);

// One person or service in the directory. Every value has passed the rules of field_rules.h.
struct User {
  std::string user_id;                     // a ULID
  std::string email;                       // trimmed, letter case kept
  std::string name;                        // trimmed
  std::optional<std::string> external_id;  // trimmed
  std::optional<std::string> user_name;    // trimmed, letter case kept
  UserStatus status = UserStatus::kActive;
  std::vector<std::string> roles;  // sorted
  Metadata metadata;
  std::uint64_t version = 1;  // the number of its audit entries
  Timestamp created_at;
  Timestamp updated_at;

  // Compares all members.
  bool operator==(const User&) const = default;
};

inline constexpr std::size_t kMaxRolesPerUser = 50;

// The members of a user that a list shows.
struct UserSummary {
  std::string user_id;
  std::string email;
  std::string name;
  std::optional<std::string> external_id;
  std::optional<std::string> user_name;
  UserStatus status = UserStatus::kActive;
  std::vector<std::string> roles;
  Timestamp created_at;
  std::uint64_t version = 1;
};

// Returns whether the members that callers change are equal: all except the id, the version and the
// times. Thread-safe.
bool HaveSameContent(const User& a, const User& b);

// Returns the summary of a user. Thread-safe.
UserSummary Summarise(const User& user);

// Return whether the user has the role. Thread-safe.
bool HasRole(const User& user, std::string_view role);
bool HasRole(const UserSummary& user, std::string_view role);

}  // namespace users::domain
