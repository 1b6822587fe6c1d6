#include "api/stored_response.h"

#include "base/json/json.h"

namespace users::api {
namespace {

namespace bj = boost::json;

std::optional<std::string> UserOf(const service::StoredResponse& response) {
  const auto body = json::ParseFile(response.body);
  if (!body.ok() || !body->is_object()) return std::nullopt;
  const auto user_id = json::FindString(body->get_object(), "userId");
  return user_id ? std::optional(std::string(*user_id)) : std::nullopt;
}

bool Has(const bj::object& object, std::string_view name, const bj::value& value) {
  const bj::value* found = object.if_contains(name);
  return found != nullptr && *found == value;
}

// The entry lacks fields that did not change, and permissions come from the catalogue of that day.
bool Responses(const service::StoredResponse& response, const domain::AuditEntry& entry) {
  const bool created = entry.action == domain::action::kUserCreated;
  if (response.status != (created ? 201 : 200) || response.version != entry.version) return false;
  const bool location_fits =
      created ? response.location.ends_with("/" + entry.user_id) : response.location.empty();
  const auto body = json::ParseFile(response.body);
  const auto changes = json::ParseFile(entry.changes);
  if (!location_fits || !body.ok() || !body->is_object()) return false;
  if (!changes.ok() || !changes->is_object())
    return true;  // the fault is in the entry, not in the response
  const bj::object& shown = body->get_object();
  if (!Has(shown, "userId", bj::string(entry.user_id)) || !Has(shown, "version", entry.version) ||
      !Has(shown, "updatedAt", bj::string(FormatTimestamp(entry.timestamp)))) {
    return false;
  }
  for (const auto& change : changes->get_object()) {
    const bj::object* values = change.value().if_object();
    const bj::value* after = values != nullptr ? values->if_contains("after") : nullptr;
    if (after == nullptr) continue;
    // A value that was removed is an absent member.
    const bool fits =
        after->is_null() ? !shown.contains(change.key()) : Has(shown, change.key(), *after);
    if (!fits) return false;
  }
  return true;
}

}  // namespace

service::StoredResponseReader MakeStoredResponseReader() {
  return service::StoredResponseReader{UserOf, Responses};
}

}  // namespace users::api
