#include "property/invariants.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <set>

#include "base/sha256.h"
#include "base/text/text.h"
#include "service/user_records.h"

namespace users::testing {
namespace {

namespace bj = boost::json;

// The state of a user as its audit entries give it.
struct Replayed {
  std::uint64_t entries = 0;
  std::int64_t created_at = 0;
  std::int64_t updated_at = 0;
  bj::object fields;
};

// A kind of handle: its member, the partitions of its items, and how its values are compared.
struct Handle {
  const char* field;
  const char* prefix;
  bool ignores_case;
};
constexpr Handle kHandles[] = {{"email", "USER_EMAIL#", true},
                               {"externalId", "USER_EXTERNAL#", false},
                               {"userName", "USER_NAME#", true}};

class InvariantCheck {
 public:
  explicit InvariantCheck(storage::local::LocalStore& store) : store_(store) {}

  std::string Run() {
    const auto visited = store_.ForEachItem(
        storage::Table::kUsers, [&](const storage::Key& key, const storage::Item* item) {
          if (item == nullptr) return Fault(key.partition, "is not an item");
          Sort(key, *item);
        });
    if (!visited.ok()) Fault("the store", "cannot be read");
    for (const auto& [id, profile] : profiles_) CheckUser(id, profile);
    for (const auto& [id, replayed] : replayed_) {
      if (!profiles_.contains(id)) Fault(id, "has audit entries but no profile");
    }
    CheckIndexes();
    return faults_;
  }

 private:
  void Fault(const std::string& where, const std::string& what) {
    faults_ += where + ": " + what + "\n";
  }

  static std::string Text(const storage::Item& item, std::string_view name) {
    return std::string(item.FindString(name).value_or("(none)"));
  }

  void Sort(const storage::Key& key, const storage::Item& item) {
    const auto after = [&](std::string_view prefix) { return key.partition.substr(prefix.size()); };
    const auto user_of_sort = [&] { return key.sort.substr(std::string_view("USER#").size()); };
    if (key.partition.starts_with("USER#")) {
      profiles_[after("USER#")] = item;
    } else if (key.partition.starts_with("AUDIT#")) {
      Replay(after("AUDIT#"), key.sort, item);
    } else if (IsHandle(key.partition)) {
      handle_items_[key.partition] = item;
    } else if (key.partition.starts_with("USER_ROLE#")) {
      const std::string rest = after("USER_ROLE#");
      role_items_.emplace(rest.substr(0, rest.find('#')) + " " + user_of_sort(), item);
    } else if (key.partition.starts_with("USER_LIST#")) {
      listed_.emplace(user_of_sort(), item);
    } else if (key.partition.starts_with("USER_STATUS#")) {
      const std::string rest = after("USER_STATUS#");
      by_status_.emplace(rest.substr(0, rest.find('#')) + " " + user_of_sort(), item);
    } else {
      Fault(key.partition, "is an item of an unknown kind");
    }
  }

  static bool IsHandle(const std::string& partition) {
    return std::any_of(std::begin(kHandles), std::end(kHandles),
                       [&](const Handle& handle) { return partition.starts_with(handle.prefix); });
  }

  // Items arrive in the order of their keys.
  void Replay(const std::string& id, const std::string& sort, const storage::Item& item) {
    Replayed& user = replayed_[id];
    const std::string number = std::to_string(++user.entries);
    const std::string place = id + " entry " + number;
    if (sort != std::string(10 - number.size(), '0') + number)
      Fault(place, "has the sort key " + sort);
    const std::int64_t timestamp = item.FindNumber("timestamp").value_or(-1);
    if (timestamp < user.updated_at) Fault(place, "is older than the previous one");
    user.updated_at = timestamp;
    if (user.entries == 1) user.created_at = timestamp;
    const bj::value changes = bj::parse(Text(item, "changes"));
    for (const auto& change : changes.as_object()) {
      const bj::value was =
          user.fields.contains(change.key()) ? user.fields.at(change.key()) : bj::value(nullptr);
      const bj::object& values = change.value().as_object();
      if (values.at("before") != was) {
        Fault(place, std::string(change.key()) + " differs from the entry's before value");
      }
      if (values.at("after") == was) Fault(place, std::string(change.key()) + " did not change");
      user.fields[change.key()] = values.at("after");
      if (values.at("after").is_null()) user.fields.erase(change.key());
    }
    CheckSubject(place, item, changes.as_object());
  }

  // The subject that an entry states in clear must follow from its changes.
  void CheckSubject(const std::string& place, const storage::Item& item,
                    const bj::object& changes) {
    std::set<std::string> fields;
    for (const auto& change : changes) fields.emplace(change.key());
    std::string joined;
    for (const std::string& field : fields) joined += (joined.empty() ? "" : ",") + field;
    if (Text(item, "changedFields") != joined) Fault(place, "names other fields than it changes");
    const std::string action = Text(item, "action");
    std::string role = "(none)";
    if (action == "ROLE_ASSIGNED" || action == "ROLE_REMOVED") {
      const bj::object& roles = changes.at("roles").as_object();
      const char* with = action == "ROLE_ASSIGNED" ? "after" : "before";
      const bj::array& without =
          roles.at(action == "ROLE_ASSIGNED" ? "before" : "after").as_array();
      for (const bj::value& held : roles.at(with).as_array()) {
        if (std::find(without.begin(), without.end(), held) == without.end()) {
          role = std::string(held.as_string());
        }
      }
    }
    if (Text(item, "role") != role) Fault(place, "is about another role than it says");
    std::string status = "(none)";
    if (action == "STATUS_CHANGED") {
      status = std::string(changes.at("status").at("after").as_string());
    }
    if (Text(item, "status") != status) Fault(place, "has another status than it says");
  }

  void CheckUser(const std::string& id, const storage::Item& profile) {
    const Replayed& replayed = replayed_[id];
    bj::object shown;
    for (const char* field : {"email", "name", "status"}) shown[field] = Text(profile, field);
    bj::array roles;
    const std::string joined = Text(profile, "roles");
    for (const auto role : Split(joined, ',')) {
      if (!role.empty()) roles.emplace_back(role);
    }
    shown["roles"] = roles;
    for (const char* field : {"externalId", "userName"}) {
      if (profile.Has(field)) shown[field] = Text(profile, field);
    }
    shown["metadata"] = bj::parse(Text(profile, "metadata"));
    if (shown != replayed.fields) {
      Fault(id, "is " + bj::serialize(shown) + ", but its entries give " +
                    bj::serialize(replayed.fields));
    }
    if (Text(profile, "userId") != id) Fault(id, "has a different id");
    if (profile.FindNumber("version") != static_cast<std::int64_t>(replayed.entries)) {
      Fault(id, "has a version that differs from the number of its entries");
    }
    if (profile.FindNumber("createdAt") != replayed.created_at ||
        profile.FindNumber("updatedAt") != replayed.updated_at) {
      Fault(id, "has times that differ from its entries");
    }
    if (profile.FindNumber("items") != 2) Fault(id, "has items of another generation");
    CheckFormat(id, profile);
    CheckListed(id, profile, by_status_, Text(profile, "status") + " " + id);
    if (Text(profile, "status") == "deleted") return;
    ++live_;
    CheckListed(id, profile, listed_, id);
    for (const Handle& handle : kHandles) CheckHandle(id, profile, handle);
    for (const bj::value& role : roles) {
      const std::string at = std::string(role.as_string()) + " " + id;
      if (role_items_.count(at) == 1) {
        CheckReference(id, profile, role_items_.find(at)->second);
      } else {
        Fault(id, "is " + std::to_string(role_items_.count(at)) + " times among the holders of " +
                      std::string(role.as_string()));
      }
      ++held_roles_;
    }
  }

  // Only items with one of the later handles have the later format.
  void CheckFormat(const std::string& id, const storage::Item& item) {
    const bool has_more = item.Has("externalId") || item.Has("userName");
    if (item.FindNumber("v") != (has_more ? 2 : 1)) Fault(id, "has an item of another format");
  }

  void CheckHandle(const std::string& id, const storage::Item& profile, const Handle& handle) {
    if (!profile.Has(handle.field)) return;
    const std::string value = Text(profile, handle.field);
    const std::string key =
        handle.prefix + ToHex(Sha256(handle.ignores_case ? LowerAscii(value) : value));
    if (!claimed_.insert(key).second) Fault(id, "shares its " + std::string(handle.field));
    const auto item = handle_items_.find(key);
    if (item == handle_items_.end()) return Fault(id, "lacks its " + std::string(handle.field));
    CheckReference(id, profile, item->second);
  }

  void CheckReference(const std::string& id, const storage::Item& profile,
                      const storage::Item& item) {
    if (Text(item, "userId") != id || item.FindNumber("shard") != profile.FindNumber("shard")) {
      Fault(id, "does not own the item of one of its handles or roles");
    }
  }

  void CheckListed(const std::string& id, const storage::Item& profile,
                   const std::multimap<std::string, storage::Item>& items, const std::string& at) {
    if (items.count(at) != 1) {
      return Fault(id, "is in a list " + std::to_string(items.count(at)) + " times");
    }
    const storage::Item& item = items.find(at)->second;
    CheckFormat(id, item);
    for (const char* field :
         {"userId", "email", "name", "status", "roles", "externalId", "userName"}) {
      if (Text(item, field) != Text(profile, field))
        Fault(id, "is listed with a different " + std::string(field));
    }
    for (const char* field : {"version", "createdAt"}) {
      if (item.FindNumber(field) != profile.FindNumber(field)) {
        Fault(id, "is listed with a different " + std::string(field));
      }
    }
  }

  // Every user has its items, so any additional item belongs to no user.
  void CheckIndexes() {
    const auto count = [&](const char* kind, std::size_t items, std::size_t expected) {
      if (items != expected) {
        Fault(kind, std::to_string(items) + " items instead of " + std::to_string(expected));
      }
    };
    count("handles", handle_items_.size(), claimed_.size());
    count("list", listed_.size(), live_);
    count("lists by status", by_status_.size(), profiles_.size());
    count("lists by role", role_items_.size(), held_roles_);
  }

  storage::local::LocalStore& store_;
  std::string faults_;
  std::map<std::string, storage::Item> profiles_;
  std::map<std::string, Replayed> replayed_;
  std::map<std::string, storage::Item> handle_items_;  // by partition
  std::multimap<std::string, storage::Item> role_items_;
  std::multimap<std::string, storage::Item> listed_;
  std::multimap<std::string, storage::Item> by_status_;
  std::set<std::string> claimed_;  // the partitions of all handles of live users
  std::size_t live_ = 0;
  std::size_t held_roles_ = 0;
};

}  // namespace

std::string BrokenInvariantsOf(storage::local::LocalStore& store) {
  return InvariantCheck(store).Run();
}

std::vector<domain::AuditEntry> EntriesOf(storage::local::LocalStore& store) {
  std::vector<domain::AuditEntry> entries;
  const auto visited = store.ForEachItem(
      storage::Table::kUsers, [&](const storage::Key& key, const storage::Item* item) {
        if (item == nullptr || !service::AuditedUser(key.partition)) return;
        auto entry = service::DecodeAuditEntry(key.partition, key.sort, *item);
        if (entry.ok()) entries.push_back(std::move(*entry));
      });
  if (!visited.ok()) entries.clear();
  return entries;
}

std::optional<domain::AuditEntry> EntryOf(storage::local::LocalStore& store,
                                          std::string_view correlation_id) {
  for (auto& entry : EntriesOf(store)) {
    if (entry.correlation_id == correlation_id) return std::move(entry);
  }
  return std::nullopt;
}

}  // namespace users::testing
