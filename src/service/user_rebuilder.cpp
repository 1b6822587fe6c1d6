#include "service/user_rebuilder.h"

#include "base/json/json.h"

namespace users::service {
namespace {

namespace bj = boost::json;

bool ReadTexts(const bj::array& array, std::vector<std::string>& texts) {
  texts.clear();
  for (const bj::value& value : array) {
    if (!value.is_string()) return false;
    texts.emplace_back(value.get_string());
  }
  return true;
}

bool ReadTexts(const bj::object& object, domain::Metadata& texts) {
  texts.clear();
  for (const auto& member : object) {
    if (!member.value().is_string()) return false;
    texts.emplace(member.key(), member.value().get_string());
  }
  return true;
}

bool ReadText(const bj::value& value, std::optional<std::string>& text) {
  text.reset();
  if (value.is_string()) text.emplace(value.get_string());
  return value.is_string() || value.is_null();
}

bool ReadField(std::string_view field, const bj::value& after, domain::User& user) {
  if (field == "roles") return after.is_array() && ReadTexts(after.get_array(), user.roles);
  if (field == "metadata") return after.is_object() && ReadTexts(after.get_object(), user.metadata);
  if (field == "externalId") return ReadText(after, user.external_id);
  if (field == "userName") return ReadText(after, user.user_name);
  if (!after.is_string()) return false;
  const std::string text(after.get_string());
  if (field == "email") {
    user.email = text;
  } else if (field == "name") {
    user.name = text;
  } else if (field == "status") {
    const auto status = domain::ParseUserStatus(text);
    if (!status) return false;
    user.status = *status;
  } else {
    return false;
  }
  return true;
}

// Applies the changes of one entry to the state that the earlier entries have built. Returns false
// unless they are, byte for byte, the changes between the two states, and the entry is about what it
// says.
bool Apply(const domain::AuditEntry& entry, domain::User& user) {
  const auto changes = json::ParseFile(entry.changes);
  if (!changes.ok() || !changes->is_object()) return false;
  const domain::User before = user;
  for (const auto& change : changes->get_object()) {
    const bj::object* values = change.value().if_object();
    const bj::value* after = values != nullptr ? values->if_contains("after") : nullptr;
    if (after == nullptr || !ReadField(change.key(), *after, user)) return false;
  }
  if (entry.version == 1) user.created_at = entry.timestamp;
  user.updated_at = entry.timestamp;
  user.version = entry.version;
  user.user_id = entry.user_id;

  domain::AuditEntry expected;
  expected.action = entry.action;
  SetChanges(expected, entry.version == 1 ? nullptr : &before, user);
  if (expected.changes != entry.changes) return false;
  // Entries of earlier versions have none of the three.
  if (!entry.changed_fields) return !entry.role && !entry.status;
  return expected.changed_fields == entry.changed_fields && expected.role == entry.role &&
         expected.status == entry.status;
}

}  // namespace

std::optional<std::string> UserRebuilder::Add(const domain::AuditEntry& entry) {
  if (auto fault = verifier_.Add(entry)) return fault;
  if (!Apply(entry, user_)) {
    return "entry " + std::to_string(entry.version) +
           ": its changes do not follow from the entries before";
  }
  return std::nullopt;
}

std::optional<std::string> UserRebuilder::Finish(const Sha256Digest& head) const {
  return verifier_.Finish(&head);
}

}  // namespace users::service
