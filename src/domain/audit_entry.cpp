#include "domain/audit_entry.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <initializer_list>

#include "base/json.h"

namespace users::domain {
namespace {

namespace bj = boost::json;

bj::value ValueOf(const std::vector<std::string>& strings) {
  bj::array array;
  for (const std::string& text : strings) array.emplace_back(text);
  return array;
}

bj::value ValueOf(const Metadata& metadata) {
  bj::object object;
  for (const auto& [key, value] : metadata) object[key] = value;
  return object;
}

bj::value ValueOf(const std::string& text) {
  return bj::string(text);
}

bj::value ValueOf(UserStatus status) {
  return bj::string(NameOf(status));
}

template <class T>
void AddIfChanged(bj::object& changes, std::string_view field, const User* before,
                  const User& after, T User::*member) {
  if (before != nullptr && before->*member == after.*member) return;
  bj::object change;
  change["before"] = before != nullptr ? ValueOf(before->*member) : bj::value(nullptr);
  change["after"] = ValueOf(after.*member);
  changes[field] = std::move(change);
}

}  // namespace

bool IsKnownAction(std::string_view name) {
  const auto known = {action::kUserCreated,  action::kUserUpdated, action::kStatusChanged,
                      action::kRoleAssigned, action::kRoleRemoved, action::kUserErased};
  return std::find(known.begin(), known.end(), name) != known.end();
}

std::string ChangesBetween(const User* before, const User& after) {
  bj::object changes;
  AddIfChanged(changes, "email", before, after, &User::email);
  AddIfChanged(changes, "name", before, after, &User::name);
  AddIfChanged(changes, "status", before, after, &User::status);
  AddIfChanged(changes, "roles", before, after, &User::roles);
  AddIfChanged(changes, "metadata", before, after, &User::metadata);
  return json::Canonical(changes);
}

std::string RedactChanges(std::string_view changes) {
  bj::error_code error;
  bj::value value = bj::parse(changes, error);
  if (error || !value.is_object()) return "{}";
  for (auto& member : value.get_object()) {
    if (member.key() != "status" && member.key() != "roles") member.value() = bj::object();
  }
  return json::Canonical(value);
}

}  // namespace users::domain
