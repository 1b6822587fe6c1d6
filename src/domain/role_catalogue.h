#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace users::domain {

// One role of the catalogue.
struct Role {
  std::string name;
  std::string description;
  std::vector<std::string> permissions;                  // sorted
  std::optional<std::vector<std::string>> grantable_by;  // ARN patterns; absent: any caller
};

// The roles that exist, their permissions, and the principals that may grant them. Immutable, so
// thread-safe.
class RoleCatalogue {
 public:
  // Parses the JSON form of the contract. Fails with kValidation and one field error for each
  // fault, with its place in the file; unknown members are faults.
  static Result<RoleCatalogue> Parse(std::string_view text);

  // Returns the role, or null if the catalogue does not have it. Valid as long as the catalogue.
  const Role* Find(std::string_view name) const;
  // The names of all roles, sorted.
  std::vector<std::string> Names() const;

  // The patterns of the principals that may delete users; nothing if any caller may.
  const std::optional<std::vector<std::string>>& deletable_by() const { return deletable_by_; }

  // Returns the sorted union of the roles' permissions. A role that is not in the catalogue has
  // none.
  std::vector<std::string> PermissionsOf(const std::vector<std::string>& roles) const;

  // Returns whether the principal may assign and remove the role. A role that has been removed from
  // the catalogue has no patterns, so any caller that the policy admits may remove it from users.
  bool MayGrant(std::string_view role, std::string_view principal_arn) const;

  // Returns whether the principal may set the status `deleted`.
  bool MayDelete(std::string_view principal_arn) const;

 private:
  std::map<std::string, Role, std::less<>> roles_;
  std::optional<std::vector<std::string>> deletable_by_;
};

// Returns the text of the catalogue that the project ships (default_roles.json).
std::string_view DefaultRoleCatalogue();

}  // namespace users::domain
