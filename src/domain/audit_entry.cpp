#include "domain/audit_entry.h"

#include <algorithm>
#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <initializer_list>

#include "base/json/json.h"

namespace users::domain {
namespace {

namespace bj = boost::json;

void AppendValue(std::string& out, const std::vector<std::string>& strings) {
  json::AppendStringArray(out, strings);
}

void AppendValue(std::string& out, const Metadata& metadata) {
  json::AppendTexts(out, metadata);
}

void AppendValue(std::string& out, const std::string& text) {
  json::AppendString(out, text);
}

void AppendValue(std::string& out, const std::optional<std::string>& text) {
  if (text) {
    json::AppendString(out, *text);
  } else {
    out += "null";
  }
}

void AppendValue(std::string& out, UserStatus status) {
  json::AppendString(out, NameOf(status));
}

// At creation, a field that was not given is not listed.
bool IsAbsent(const std::optional<std::string>& value) {
  return !value;
}

template <class T>
bool IsAbsent(const T&) {
  return false;
}

// Writes the fields that differ between two states. Fields must be added in canonical order.
class ChangesWriter {
 public:
  ChangesWriter(std::string& out, const User* before, const User& after)
      : out_(out), before_(before), after_(after), fields_(out) {
    AddIfChanged("email", &User::email);
    AddIfChanged("externalId", &User::external_id);
    AddIfChanged("metadata", &User::metadata);
    AddIfChanged("name", &User::name);
    AddIfChanged("roles", &User::roles);
    AddIfChanged("status", &User::status);
    AddIfChanged("userName", &User::user_name);
    fields_.Close();
  }

  // The names of the fields that were written.
  std::vector<std::string> TakeNames() { return std::move(names_); }

 private:
  template <class T>
  void AddIfChanged(std::string_view field, T User::*member) {
    if (before_ != nullptr ? before_->*member == after_.*member : IsAbsent(after_.*member)) return;
    names_.emplace_back(field);
    json::ObjectWriter change = fields_.Object(field);
    change.Name("after");
    AppendValue(out_, after_.*member);
    change.Name("before");
    if (before_ != nullptr) {
      AppendValue(out_, before_->*member);
    } else {
      out_ += "null";
    }
    change.Close();
  }

  std::string& out_;
  const User* before_;
  const User& after_;
  json::ObjectWriter fields_;
  std::vector<std::string> names_;
};

// The first role that one user has and the other does not.
std::optional<std::string> FirstOnlyIn(const User& user, const User& other) {
  for (const std::string& role : user.roles) {
    if (!HasRole(other, role)) return role;
  }
  return std::nullopt;
}

template <class IsShown>
std::string Redact(std::string_view changes, IsShown is_shown) {
  std::array<unsigned char, 4096> buffer;  // large enough for most entries
  bj::monotonic_resource resource(buffer.data(), buffer.size());
  bj::error_code error;
  bj::value value = bj::parse(changes, error, &resource);
  if (error || !value.is_object()) return "{}";
  for (auto& member : value.get_object()) {
    if (!is_shown(member.key())) member.value().emplace_object();
  }
  return json::Canonical(value);
}

}  // namespace

std::string ChangesBetween(const User* before, const User& after) {
  std::string changes;
  changes.reserve(512);
  ChangesWriter(changes, before, after);
  return changes;
}

void SetChanges(AuditEntry& entry, const User* before, const User& after) {
  entry.changes.clear();
  entry.changes.reserve(512);
  entry.changed_fields = ChangesWriter(entry.changes, before, after).TakeNames();
  entry.role.reset();
  entry.status.reset();
  if (before == nullptr) return;
  if (entry.action == action::kRoleAssigned) entry.role = FirstOnlyIn(after, *before);
  if (entry.action == action::kRoleRemoved) entry.role = FirstOnlyIn(*before, after);
  if (entry.action == action::kStatusChanged) entry.status = NameOf(after.status);
}

std::string RedactChanges(std::string_view changes) {
  return Redact(changes,
                [](std::string_view field) { return field == "status" || field == "roles"; });
}

std::string RedactAllChanges(std::string_view changes) {
  return Redact(changes, [](std::string_view) { return false; });
}

}  // namespace users::domain
