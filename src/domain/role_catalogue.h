#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace users::domain {

struct Role {
  std::string name;
  std::string description;
  std::vector<std::string> permissions;                  // sorted
  std::optional<std::vector<std::string>> grantable_by;  // ARN patterns; absent: any caller
};

// The roles that exist, what they permit and who may hand them out. Immutable, so thread-safe.
class RoleCatalogue {
 public:
  // Reads the JSON form of the contract. Anything that it does not name is an error, each with the
  // place where it stands.
  static Result<RoleCatalogue> Parse(std::string_view text);

  const Role* Find(std::string_view name) const;
  // Sorted.
  std::vector<std::string> Names() const;

  // The sorted union over the roles. Roles that are not in the catalogue permit nothing.
  std::vector<std::string> PermissionsOf(const std::vector<std::string>& roles) const;

  // Whether the principal may assign and remove the role. A role that has left the catalogue may be
  // removed by anyone whom the policy admits.
  bool MayGrant(std::string_view role, std::string_view principal_arn) const;

  // Whether the principal may set the status `deleted`.
  bool MayDelete(std::string_view principal_arn) const;

 private:
  std::map<std::string, Role, std::less<>> roles_;
  std::optional<std::vector<std::string>> deletable_by_;
};

// The catalogue that the project ships (default_roles.json), as text.
std::string_view DefaultRoleCatalogue();

}  // namespace users::domain
