#include "domain/subject_state.h"

#include "base/json/json.h"

namespace users::domain {
namespace {

namespace bj = boost::json;

// The key of the list `deletableBy`. No role has such a name.
constexpr std::string_view kDeletableBy = "$deletableBy";

// An item of a store has at most 400 KB, and an event 256 KB, which contains each name twice.
constexpr std::size_t kMaxChangesBytes = 300'000;
constexpr std::size_t kMaxNameBytes = 60'000;

void AppendList(std::string& out, const std::vector<std::string>& values) {
  const std::size_t begin = out.size();
  json::AppendStringArray(out, values);
  BoundStateList(out, begin, values.size());
}

std::string StateOf(const Role& role) {
  std::string out;
  json::ObjectWriter writer(out);
  writer.String("description", role.description);
  if (role.grantable_by) {
    writer.Name("grantableBy");
    AppendList(out, *role.grantable_by);
  }
  writer.String("name", role.name);
  writer.Strings("permissions", role.permissions);
  writer.Close();
  return out;
}

std::string_view ValueOf(const SubjectState& state, const std::string& key) {
  const auto found = state.find(key);
  return found == state.end() ? std::string_view("null") : std::string_view(found->second);
}

// The keys whose values differ, sorted.
std::vector<std::string> DifferentKeys(const SubjectState& before, const SubjectState& after) {
  std::vector<std::string> keys;
  auto old = before.begin();
  for (const auto& [key, value] : after) {
    for (; old != before.end() && old->first < key; ++old) keys.push_back(old->first);
    const bool is_same = old != before.end() && old->first == key && old->second == value;
    if (!is_same) keys.push_back(key);
    if (old != before.end() && old->first == key) ++old;
  }
  for (; old != before.end(); ++old) keys.push_back(old->first);
  return keys;
}

}  // namespace

void BoundStateList(std::string& out, std::size_t begin, std::size_t count) {
  if (out.size() - begin <= kMaxStateListBytes) return;
  const std::string hash = ToHex(Sha256(std::string_view(out).substr(begin)));
  out.resize(begin);
  json::ObjectWriter writer(out);
  writer.Number("count", static_cast<std::int64_t>(count));
  writer.String("sha256", hash);
  writer.Close();
}

SubjectState StateOf(const RoleCatalogue& catalogue) {
  SubjectState state;
  for (const std::string& name : catalogue.Names()) state[name] = StateOf(*catalogue.Find(name));
  if (catalogue.deletable_by()) {
    AppendList(state[std::string(kDeletableBy)], *catalogue.deletable_by());
  }
  return state;
}

Result<RoleCatalogue> RolesOf(const SubjectState& state) {
  std::string text;
  json::ObjectWriter writer(text);
  json::ArrayWriter roles = writer.Array("roles");
  for (const auto& [key, value] : state) {
    if (key == kDeletableBy) continue;
    auto role = json::ParseFile(value);
    if (!role.ok() || !role->is_object()) return Error::Internal();
    role->get_object().erase("grantableBy");
    roles.Raw(json::Canonical(*role));
  }
  roles.Close();
  writer.Number("version", 1);
  writer.Close();
  auto catalogue = RoleCatalogue::Parse(text);
  if (!catalogue.ok()) return Error::Internal();
  return catalogue;
}

Sha256Digest HashOf(const SubjectState& state) {
  std::string text;
  json::ObjectWriter writer(text);
  for (const auto& [key, value] : state) {
    writer.EscapedName(key);
    text += value;
  }
  writer.Close();
  return Sha256(text);
}

SubjectState SetStateChanges(AuditEntry& entry, const SubjectState& before,
                             const SubjectState& after) {
  SubjectState reached = before;
  std::vector<std::string> names;
  std::string changes;
  std::size_t name_bytes = 0;
  json::ObjectWriter fields(changes);
  for (std::string& key : DifferentKeys(before, after)) {
    const std::string_view old_value = ValueOf(before, key);
    const std::string_view new_value = ValueOf(after, key);
    name_bytes += key.size();
    const bool is_full = changes.size() + old_value.size() + new_value.size() > kMaxChangesBytes ||
                         name_bytes > kMaxNameBytes;
    if (is_full && !names.empty()) break;
    fields.EscapedName(key);
    json::ObjectWriter change(changes);
    change.Raw("after", new_value);
    change.Raw("before", old_value);
    change.Close();
    if (after.contains(key)) {
      reached[key] = new_value;
    } else {
      reached.erase(key);
    }
    names.push_back(std::move(key));
  }
  fields.Close();
  entry.changes = std::move(changes);
  entry.changed_fields = std::move(names);
  return reached;
}

bool ApplyStateChanges(const AuditEntry& entry, SubjectState& state) {
  const auto changes = json::ParseFile(entry.changes);
  if (!changes.ok() || !changes->is_object()) return false;
  // Only the first state may be empty.
  if (changes->get_object().empty() && entry.version != 1) return false;
  SubjectState after = state;
  for (const auto& change : changes->get_object()) {
    const bj::object* values = change.value().if_object();
    const bj::value* value = values != nullptr ? values->if_contains("after") : nullptr;
    if (value == nullptr) return false;
    const std::string key(change.key());
    if (value->is_null()) {
      after.erase(key);
    } else {
      after[key] = json::Canonical(*value);
    }
  }
  AuditEntry expected;
  const SubjectState reached = SetStateChanges(expected, state, after);
  if (reached != after || expected.changes != entry.changes ||
      expected.changed_fields != entry.changed_fields) {
    return false;
  }
  state = std::move(after);
  return true;
}

}  // namespace users::domain
