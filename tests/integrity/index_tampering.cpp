#include "integrity/tampering.h"
#include "service/integrity.h"
#include "service/user_records.h"

namespace users::testing {
namespace {

using domain::HandleKind;
using service::HandleKey;
using service::PlaceOf;
using storage::Item;
using storage::Key;
using storage::Table;

// A kind of item that users have besides their profile and audit entries.
struct Kind {
  std::string name;
  std::function<Key(const SampleUser&)> key_of;
  std::vector<std::string> attributes;
};

const std::vector<std::string> kSummary = {"userId",   "email",     "name",    "status",
                                           "roles",    "createdAt", "version", "externalId",
                                           "userName", "v"};
const std::vector<std::string> kReference = {"userId", "shard", "v"};

Key StatusKey(const SampleUser& user, const std::string& status) {
  return Key(Table::kUsers, "USER_STATUS#" + status + "#0", "USER#" + user.id);
}

Key RoleKey(const SampleUser& user, const std::string& role, int shard = 0) {
  return Key(Table::kUsers, "USER_ROLE#" + role + "#" + std::to_string(shard), "USER#" + user.id);
}

std::vector<Kind> Kinds() {
  return {
      {"email item",
       [](const SampleUser& user) { return HandleKey(HandleKind::kEmail, user.email); },
       kReference},
      {"external id item",
       [](const SampleUser& user) { return HandleKey(HandleKind::kExternalId, user.external_id); },
       kReference},
      {"user name item",
       [](const SampleUser& user) { return HandleKey(HandleKind::kUserName, user.user_name); },
       kReference},
      {"role item", [](const SampleUser& user) { return RoleKey(user, "viewer"); }, kReference},
      {"list item", [](const SampleUser& user) { return service::ListItemKey(user.id, 0); },
       kSummary},
      {"status item", [](const SampleUser& user) { return StatusKey(user, "disabled"); }, kSummary},
  };
}

void AddOfKind(Tamperings& all, const Kind& kind) {
  const auto key_of = kind.key_of;
  for (const std::string& attribute : kind.attributes) {
    all.push_back(
        {kind.name + ": changed " + attribute, [=](RawStore& store, const Victims& victims) {
           store.Edit(key_of(victims.user),
                      [&](const Item& item) { return WithOther(item, attribute); });
           return Expected{{UserPlace(victims.user.id)}};
         }});
  }
  all.push_back(
      {kind.name + ": has another user's id", [=](RawStore& store, const Victims& victims) {
         const Key key = key_of(victims.user);
         store.Edit(key, [&](const Item& item) { return With(item, "userId", victims.other.id); });
         return Expected{{UserPlace(victims.user.id), PlaceOf(key)}};
       }});
  all.push_back({kind.name + ": an added attribute", [=](RawStore& store, const Victims& victims) {
                   store.Edit(key_of(victims.user), [](Item item) {
                     item.SetString("more", "x");
                     return item;
                   });
                   return Expected{{UserPlace(victims.user.id)}};
                 }});
  all.push_back({kind.name + ": dropped", [=](RawStore& store, const Victims& victims) {
                   store.Delete(key_of(victims.user));
                   return Expected{{UserPlace(victims.user.id)}};
                 }});
  all.push_back({kind.name + ": two swapped", [=](RawStore& store, const Victims& victims) {
                   store.Swap(key_of(victims.user), key_of(victims.other));
                   return Expected{{UserPlace(victims.user.id), UserPlace(victims.other.id)}};
                 }});
  all.push_back(
      {kind.name + ": moved to another key", [=](RawStore& store, const Victims& victims) {
         const Key from = key_of(victims.user);
         const Key to(from.table, from.partition, from.sort + "0");
         store.Move(from, to);
         return Expected{{UserPlace(victims.user.id), PlaceOf(to)}};
       }});
  all.push_back(
      {kind.name + ": inserted for a deleted user", [=](RawStore& store, const Victims& victims) {
         const Key key = key_of(victims.deleted);
         store.Put(key, store.Get(key_of(victims.user)));
         store.Edit(key,
                    [&](const Item& item) { return With(item, "userId", victims.deleted.id); });
         return Expected{{PlaceOf(key)}};
       }});
  all.push_back(
      {kind.name + ": inserted for an unknown user", [=](RawStore& store, const Victims& victims) {
         SampleUser unknown;
         unknown.id = UnusedId(victims.user.id);
         unknown.email = "unknown-" + unknown.id + "@sample.example";
         unknown.external_id = "unknown-" + unknown.id;
         unknown.user_name = "unknown-" + unknown.id;
         const Key key = key_of(unknown);
         store.Put(key, store.Get(key_of(victims.user)));
         store.Edit(key, [&](const Item& item) { return With(item, "userId", unknown.id); });
         return Expected{{PlaceOf(key)}};
       }});
  for (const std::size_t bytes : {1, 30}) {
    all.push_back({kind.name + ": cut by " + std::to_string(bytes),
                   [=](RawStore& store, const Victims& victims) {
                     store.Cut(key_of(victims.user), bytes);
                     return Expected{{PlaceOf(key_of(victims.user))}};
                   }});
  }
}

// Items with a key that was valid earlier, or copies of items with another valid key.
void AddCopies(Tamperings& all) {
  const auto former_name = [](const SampleUser& user) {
    return user.email.substr(0, user.email.find('@'));
  };
  all.push_back({"email item: of a former address", [=](RawStore& store, const Victims& victims) {
                   const Key key =
                       HandleKey(HandleKind::kEmail, former_name(victims.user) + "@sample.example");
                   store.Put(key, store.Get(HandleKey(HandleKind::kEmail, victims.user.email)));
                   return Expected{{PlaceOf(key)}};
                 }});
  all.push_back(
      {"external id item: of a former id", [=](RawStore& store, const Victims& victims) {
         const Key key = HandleKey(HandleKind::kExternalId, "id-" + former_name(victims.user));
         store.Put(key, store.Get(HandleKey(HandleKind::kExternalId, victims.user.external_id)));
         return Expected{{PlaceOf(key)}};
       }});
  all.push_back({"user name item: of a former name", [=](RawStore& store, const Victims& victims) {
                   const Key key = HandleKey(HandleKind::kUserName, former_name(victims.user));
                   store.Put(key,
                             store.Get(HandleKey(HandleKind::kUserName, victims.user.user_name)));
                   return Expected{{PlaceOf(key)}};
                 }});
  all.push_back({"role item: of a role that the user does not have",
                 [](RawStore& store, const Victims& victims) {
                   const Key key = RoleKey(victims.user, "admin");
                   store.Put(key, store.Get(RoleKey(victims.user, "viewer")));
                   return Expected{{PlaceOf(key)}};
                 }});
  all.push_back({"role item: also in another shard", [](RawStore& store, const Victims& victims) {
                   const Key key = RoleKey(victims.user, "viewer", 1);
                   store.Put(key, store.Get(RoleKey(victims.user, "viewer")));
                   return Expected{{PlaceOf(key)}};
                 }});
  all.push_back({"list item: also in another shard", [](RawStore& store, const Victims& victims) {
                   const Key key = service::ListItemKey(victims.user.id, 1);
                   store.Put(key, store.Get(service::ListItemKey(victims.user.id, 0)));
                   return Expected{{PlaceOf(key)}};
                 }});
  all.push_back({"status item: of a former status", [](RawStore& store, const Victims& victims) {
                   const Key key = StatusKey(victims.user, "active");
                   store.Put(key, store.Get(StatusKey(victims.user, "disabled")));
                   return Expected{{PlaceOf(key)}};
                 }});
  all.push_back({"item of unknown kind: inserted", [](RawStore& store, const Victims& victims) {
                   const Key key(Table::kUsers, "NOTE#" + victims.user.id, "USER");
                   store.Put(key, store.Get(service::ListItemKey(victims.user.id, 0)));
                   return Expected{{PlaceOf(key)}};
                 }});
  all.push_back(
      {"item of unknown kind: key without length", [](RawStore& store, const Victims& victims) {
         const std::string key = "\x7F\x7F" + victims.user.id;
         store.Put(RawStore::kUsers, key, "x");
         return Expected{{"item \\x7f\\x7f" + victims.user.id}};
       }});
}

// The list of deleted users.
void AddOfDeletedUsers(Tamperings& all) {
  const auto key_of = [](const SampleUser& user) { return StatusKey(user, "deleted"); };
  for (const std::string& attribute : kSummary) {
    if (attribute == "roles") continue;  // these users have none
    all.push_back({"item of a deleted user: changed " + attribute,
                   [=](RawStore& store, const Victims& victims) {
                     store.Edit(key_of(victims.deleted),
                                [&](const Item& item) { return WithOther(item, attribute); });
                     return Expected{{UserPlace(victims.deleted.id)}};
                   }});
  }
  all.push_back({"item of a deleted user: dropped", [=](RawStore& store, const Victims& victims) {
                   store.Delete(key_of(victims.deleted));
                   return Expected{{UserPlace(victims.deleted.id)}};
                 }});
  all.push_back({"item of a deleted user: moved to another status",
                 [=](RawStore& store, const Victims& victims) {
                   const Key to = StatusKey(victims.deleted, "active");
                   store.Move(key_of(victims.deleted), to);
                   return Expected{{UserPlace(victims.deleted.id), PlaceOf(to)}};
                 }});
  all.push_back({"item of a deleted user: inserted for a live one",
                 [=](RawStore& store, const Victims& victims) {
                   const Key key = key_of(victims.user);
                   store.Put(key, store.Get(StatusKey(victims.user, "disabled")));
                   return Expected{{PlaceOf(key)}};
                 }});
  all.push_back({"item of a deleted user: cut", [=](RawStore& store, const Victims& victims) {
                   store.Cut(key_of(victims.deleted), 30);
                   return Expected{{PlaceOf(key_of(victims.deleted))}};
                 }});
}

}  // namespace

void AddIndexTamperings(Tamperings& all) {
  for (const Kind& kind : Kinds()) AddOfKind(all, kind);
  AddOfDeletedUsers(all);
  AddCopies(all);
}

}  // namespace users::testing
