#include "integrity/tampering.h"
#include "service/integrity.h"
#include "service/user_records.h"

namespace users::testing {
namespace {

using service::PlaceOf;
using service::ProfileKey;
using storage::Item;

// Sets a value that is valid for a profile but wrong for this one.
void AddBelievableChange(Tamperings& all, const std::string& attribute, const std::string& value) {
  all.push_back({"profile: changed " + attribute + " to " + value,
                 [=](RawStore& store, const Victims& victims) {
                   store.Edit(ProfileKey(victims.user.id), [&](const Item& item) {
                     return value.empty() ? WithOther(item, attribute)
                                          : With(item, attribute, value);
                   });
                   return Expected{{UserPlace(victims.user.id)}};
                 }});
}

// An edit after which the item is not a valid profile of this user.
void AddBreakingChange(Tamperings& all, const std::string& name,
                       const std::function<Item(const Item&)>& edit) {
  all.push_back({"profile: " + name, [=](RawStore& store, const Victims& victims) {
                   store.Edit(ProfileKey(victims.user.id), edit);
                   return Expected{{PlaceOf(ProfileKey(victims.user.id))}};
                 }});
}

void AddChanges(Tamperings& all) {
  for (const char* attribute : {"email", "name", "externalId", "userName", "roles", "version",
                                "createdAt", "updatedAt", "headHash", "shard"}) {
    AddBelievableChange(all, attribute, "");
  }
  AddBelievableChange(all, "status", "active");
  AddBelievableChange(all, "status", "deleted");
  AddBelievableChange(all, "roles", "admin,viewer");
  AddBelievableChange(all, "metadata", R"({"site":"c","team":"a"})");
  AddBreakingChange(all, "metadata in another order", [](const Item& item) {
    return With(item, "metadata", R"({"team":"a","site":"b"})");
  });
  for (const char* attribute : {"userId", "status", "v", "items"}) {
    AddBreakingChange(all, std::string("changed ") + attribute,
                      [=](const Item& item) { return WithOther(item, attribute); });
  }
  for (const char* attribute : {"externalId", "userName"}) {
    all.push_back({std::string("profile: without ") + attribute,
                   [=](RawStore& store, const Victims& victims) {
                     store.Edit(ProfileKey(victims.user.id),
                                [&](const Item& item) { return Without(item, attribute); });
                     return Expected{{UserPlace(victims.user.id)}};
                   }});
  }
  for (const char* attribute : {"v", "userId", "metadata", "headHash", "shard", "items"}) {
    AddBreakingChange(all, std::string("without ") + attribute,
                      [=](const Item& item) { return Without(item, attribute); });
  }
  AddBreakingChange(all, "an added attribute", [](Item item) {
    item.SetString("more", "x");
    return item;
  });
  AddBreakingChange(all, "empty", [](const Item&) { return Item(); });
}

void AddMoves(Tamperings& all) {
  all.push_back({"profile: dropped", [](RawStore& store, const Victims& victims) {
                   store.Delete(ProfileKey(victims.user.id));
                   return Expected{{EntryPlace(victims.user.id, 1)}};
                 }});
  all.push_back(
      {"profile: copied unchanged to another id", [](RawStore& store, const Victims& victims) {
         const auto key = ProfileKey(UnusedId(victims.user.id));
         store.Put(key, store.Get(ProfileKey(victims.user.id)));
         return Expected{{PlaceOf(key)}};
       }});
  all.push_back({"profile: inserted for a new user", [](RawStore& store, const Victims& victims) {
                   const std::string id = UnusedId(victims.user.id);
                   store.Put(ProfileKey(id), store.Get(ProfileKey(victims.user.id)));
                   store.Edit(ProfileKey(id),
                              [&](const Item& item) { return With(item, "userId", id); });
                   return Expected{{UserPlace(id)}};
                 }});
  all.push_back({"profile: a second one beside it", [](RawStore& store, const Victims& victims) {
                   const auto own = ProfileKey(victims.user.id);
                   const storage::Key key(storage::Table::kUsers, own.partition, "PROFILE2");
                   store.Put(key, store.Get(own));
                   return Expected{{PlaceOf(key)}};
                 }});
  all.push_back({"profile: two swapped", [](RawStore& store, const Victims& victims) {
                   store.Swap(ProfileKey(victims.user.id), ProfileKey(victims.other.id));
                   return Expected{{PlaceOf(ProfileKey(victims.user.id)),
                                    PlaceOf(ProfileKey(victims.other.id))}};
                 }});
  for (const std::size_t bytes : {1, 100}) {
    all.push_back(
        {"profile: cut by " + std::to_string(bytes), [=](RawStore& store, const Victims& victims) {
           store.Cut(ProfileKey(victims.user.id), bytes);
           return Expected{{PlaceOf(ProfileKey(victims.user.id))}};
         }});
  }
}

}  // namespace

void AddProfileTamperings(Tamperings& all) {
  AddChanges(all);
  AddMoves(all);
}

}  // namespace users::testing
