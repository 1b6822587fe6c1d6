#include "domain/role_catalogue.h"

#include <algorithm>
#include <set>

#include "base/json/json_reader.h"
#include "base/text/text.h"
#include "base/text/wildcard.h"
#include "domain/field_rules.h"

namespace users::domain {
namespace {

constexpr std::size_t kMaxRoles = 256;
constexpr std::size_t kMaxPermissions = 64;
constexpr std::size_t kMaxDescription = 256;

bool IsPermission(std::string_view name) {
  if (name.empty() || name.size() > 128) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._:/*-").find(c) != std::string_view::npos;
  });
}

std::optional<std::vector<std::string>> ReadPatterns(json::ObjectReader& reader,
                                                     std::string_view name,
                                                     json::FieldErrors& errors) {
  const auto* array = reader.Array(name, json::Presence::kOptional);
  if (array == nullptr) return std::nullopt;
  return json::Strings(*array, reader.PathOf(name), errors);
}

std::vector<std::string> ReadPermissions(json::ObjectReader& reader, json::FieldErrors& errors) {
  const auto* array = reader.Array("permissions", json::Presence::kRequired);
  if (array == nullptr) return {};
  const std::string path = reader.PathOf("permissions");
  if (array->size() > kMaxPermissions)
    errors.Add(path, "must have at most " + std::to_string(kMaxPermissions) + " elements");
  std::vector<std::string> permissions = json::Strings(*array, path, errors);
  for (std::size_t i = 0; i < permissions.size(); ++i) {
    if (!IsPermission(permissions[i])) {
      errors.Add(json::ElementPath(path, i), "must match [A-Za-z0-9._:/*-]{1,128}");
    }
  }
  std::sort(permissions.begin(), permissions.end());
  permissions.erase(std::unique(permissions.begin(), permissions.end()), permissions.end());
  return permissions;
}

Role ReadRole(const boost::json::value& value, const std::string& path, json::FieldErrors& errors) {
  json::ObjectReader reader(value, path, errors);
  Role role;
  if (const auto name = reader.String("name", json::Presence::kRequired)) {
    role.name = *name;
    if (!IsRoleName(role.name))
      errors.Add(reader.PathOf("name"), "must match [a-z][a-z0-9-]{0,63}");
  }
  if (const auto description = reader.String("description", json::Presence::kRequired)) {
    role.description = *description;
    if (CountCodePoints(role.description) > kMaxDescription) {
      errors.Add(reader.PathOf("description"),
                 "must have at most " + std::to_string(kMaxDescription) + " characters");
    }
  }
  role.permissions = ReadPermissions(reader, errors);
  role.grantable_by = ReadPatterns(reader, "grantableBy", errors);
  reader.RejectOthers();
  return role;
}

bool AnyMatches(const std::vector<std::string>& patterns, std::string_view text) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return MatchesWildcard(pattern, text); });
}

}  // namespace

Result<RoleCatalogue> RoleCatalogue::Parse(std::string_view text) {
  const auto parsed = json::ParseFile(text);
  if (!parsed.ok()) return parsed.error();

  RoleCatalogue catalogue;
  json::FieldErrors errors;
  json::ObjectReader reader(*parsed, "", errors, "file");
  const auto version = reader.Integer("version", json::Presence::kRequired);
  if (version && *version != 1) errors.Add("version", "must be 1");
  catalogue.deletable_by_ = ReadPatterns(reader, "deletableBy", errors);
  if (const auto* roles = reader.Array("roles", json::Presence::kRequired)) {
    if (roles->size() > kMaxRoles)
      errors.Add("roles", "must have at most " + std::to_string(kMaxRoles) + " elements");
    for (std::size_t i = 0; i < roles->size(); ++i) {
      const std::string path = json::ElementPath("roles", i);
      Role role = ReadRole((*roles)[i], path, errors);
      const std::string name = role.name;
      if (!catalogue.roles_.emplace(name, std::move(role)).second) {
        errors.Add(path + ".name", "occurs twice in the catalogue");
      }
    }
  }
  reader.RejectOthers();
  if (!errors.empty()) return std::move(errors).ToError();
  return catalogue;
}

const Role* RoleCatalogue::Find(std::string_view name) const {
  const auto found = roles_.find(name);
  return found == roles_.end() ? nullptr : &found->second;
}

std::vector<std::string> RoleCatalogue::Names() const {
  std::vector<std::string> names;
  names.reserve(roles_.size());
  for (const auto& [name, role] : roles_) names.push_back(name);
  return names;
}

std::vector<std::string> RoleCatalogue::PermissionsOf(const std::vector<std::string>& roles) const {
  std::vector<std::string> permissions;
  for (const std::string& name : roles) {
    if (const Role* role = Find(name)) {
      permissions.insert(permissions.end(), role->permissions.begin(), role->permissions.end());
    }
  }
  std::sort(permissions.begin(), permissions.end());
  permissions.erase(std::unique(permissions.begin(), permissions.end()), permissions.end());
  return permissions;
}

bool RoleCatalogue::MayGrant(std::string_view role, std::string_view principal_arn) const {
  const Role* found = Find(role);
  return found == nullptr || !found->grantable_by ||
         AnyMatches(*found->grantable_by, principal_arn);
}

bool RoleCatalogue::MayDelete(std::string_view principal_arn) const {
  return !deletable_by_ || AnyMatches(*deletable_by_, principal_arn);
}

}  // namespace users::domain
