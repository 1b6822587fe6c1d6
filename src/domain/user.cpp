#include "domain/user.h"

#include <algorithm>

namespace users::domain {

std::string_view NameOf(UserStatus status) {
  switch (status) {
    case UserStatus::kActive:
      return "active";
    case UserStatus::kDisabled:
      return "disabled";
    case UserStatus::kDeleted:
      return "deleted";
  }
  return "";
}

std::optional<UserStatus> ParseUserStatus(std::string_view name) {
  for (const UserStatus status :
       {UserStatus::kActive, UserStatus::kDisabled, UserStatus::kDeleted}) {
    if (name == NameOf(status)) return status;
  }
  return std::nullopt;
}

void Apply(const MetadataChanges& changes, Metadata& metadata) {
  for (const auto& [key, value] : changes) {
    if (value) {
      metadata.insert_or_assign(key, *value);
    } else {
      metadata.erase(key);
    }
  }
}

bool HaveSameContent(const User& a, const User& b) {
  return a.email == b.email && a.name == b.name && a.external_id == b.external_id &&
         a.user_name == b.user_name && a.status == b.status && a.roles == b.roles &&
         a.metadata == b.metadata;
}

UserSummary Summarise(const User& user) {
  UserSummary summary;
  summary.user_id = user.user_id;
  summary.email = user.email;
  summary.name = user.name;
  summary.external_id = user.external_id;
  summary.user_name = user.user_name;
  summary.status = user.status;
  summary.roles = user.roles;
  summary.created_at = user.created_at;
  summary.version = user.version;
  return summary;
}

bool HasRole(const User& user, std::string_view role) {
  return std::binary_search(user.roles.begin(), user.roles.end(), role);
}

bool HasRole(const UserSummary& user, std::string_view role) {
  return std::binary_search(user.roles.begin(), user.roles.end(), role);
}

}  // namespace users::domain
