#include "audit/chain.h"
#include "integrity/tampering.h"
#include "service/integrity.h"
#include "service/user_records.h"

namespace users::testing {
namespace {

using service::AuditKey;
using service::PlaceOf;
using storage::Item;

storage::Key EntryKeyWithSort(const SampleUser& user, const std::string& sort) {
  return storage::Key(storage::Table::kUsers, AuditKey(user.id, 1).partition, sort);
}

Expected Named(const SampleUser& user, int entries = 0) {
  return Expected{{UserPlace(user.id)}, entries};
}

void AddChange(Tamperings& all, const std::string& name, std::uint64_t version,
               const std::function<Item(const Item&)>& edit) {
  all.push_back({"audit entry " + std::to_string(version) + ": " + name,
                 [=](RawStore& store, const Victims& victims) {
                   store.Edit(AuditKey(victims.user.id, version), edit);
                   return Named(victims.user);
                 }});
}

void AddDrop(Tamperings& all, std::uint64_t from, std::uint64_t to) {
  all.push_back({"audit entries: dropped " + std::to_string(from) + " to " + std::to_string(to),
                 [=](RawStore& store, const Victims& victims) {
                   for (std::uint64_t version = from; version <= to; ++version) {
                     store.Delete(AuditKey(victims.user.id, version));
                   }
                   return Named(victims.user, static_cast<int>(from) - static_cast<int>(to) - 1);
                 }});
}

// Moves an entry to another key that parses as the same version.
void AddRename(Tamperings& all, std::uint64_t version, const std::string& sort) {
  all.push_back({"audit entry " + std::to_string(version) + ": moved to the key " + sort,
                 [=](RawStore& store, const Victims& victims) {
                   store.Move(AuditKey(victims.user.id, version),
                              EntryKeyWithSort(victims.user, sort));
                   return Named(victims.user);
                 }});
}

void AddChanges(Tamperings& all) {
  for (const char* attribute :
       {"eventId", "schema", "timestamp", "action", "actor", "accessKeyId", "correlationId",
        "changes", "salt", "changesHash", "prevHash", "hash", "v"}) {
    for (const std::uint64_t version : {1, 3, 5}) {
      AddChange(all, std::string("changed ") + attribute, version,
                [=](const Item& item) { return WithOther(item, attribute); });
    }
  }
  AddChange(all, "changed changedFields", 1,
            [](const Item& item) { return WithOther(item, "changedFields"); });
  AddChange(all, "without changedFields", 3,
            [](const Item& item) { return Without(item, "changedFields"); });
  AddChange(all, "changed role", 3, [](const Item& item) { return WithOther(item, "role"); });
  AddChange(all, "without role", 3, [](const Item& item) { return Without(item, "role"); });
  AddChange(all, "changed status", 4, [](const Item& item) { return WithOther(item, "status"); });
  AddChange(all, "without status", 4, [](const Item& item) { return Without(item, "status"); });
  AddChange(all, "changed reason", 2, [](const Item& item) { return WithOther(item, "reason"); });
  AddChange(all, "without reason", 2, [](const Item& item) { return Without(item, "reason"); });
  AddChange(all, "an added reason", 3, [](Item item) {
    item.SetString("reason", "x");
    return item;
  });
  AddChange(all, "without changes and salt", 3,
            [](const Item& item) { return Without(Without(item, "changes"), "salt"); });
  AddChange(all, "another role", 3, [](const Item& item) {
    return With(item, "changes", R"({"roles":{"after":["admin"],"before":[]}})");
  });
  AddChange(all, "an added attribute", 3, [](Item item) {
    item.SetString("more", "x");
    return item;
  });
  AddChange(all, "empty", 3, [](const Item&) { return Item(); });
}

void AddInsertions(Tamperings& all) {
  all.push_back({"audit entry: the newest repeated", [](RawStore& store, const Victims& victims) {
                   store.Put(AuditKey(victims.user.id, 6), store.Get(AuditKey(victims.user.id, 5)));
                   return Named(victims.user, 1);
                 }});
  all.push_back(
      {"audit entry: an added one, sealed and linked", [](RawStore& store, const Victims& victims) {
         store.Put(AuditKey(victims.user.id, 6), store.Get(AuditKey(victims.user.id, 5)));
         EditEntry(store, victims.user.id, 6,
                   [](domain::AuditEntry& entry) { entry.changes = "{}"; });
         Reseal(store, victims.user.id, 6, 6);
         return Named(victims.user, 1);
       }});
  all.push_back({"audit entry: one before the first", [](RawStore& store, const Victims& victims) {
                   store.Put(AuditKey(victims.user.id, 0), store.Get(AuditKey(victims.user.id, 1)));
                   return Named(victims.user, 1);
                 }});
  for (const char* sort : {"", "x", "0000000003x", "00000000033"}) {
    all.push_back({std::string("audit entry: one with the key ") + sort,
                   [=](RawStore& store, const Victims& victims) {
                     store.Put(EntryKeyWithSort(victims.user, sort),
                               store.Get(AuditKey(victims.user.id, 3)));
                     return Named(victims.user, 1);
                   }});
  }
  all.push_back({"audit entry: of an unknown user", [](RawStore& store, const Victims& victims) {
                   const std::string id = UnusedId(victims.user.id);
                   store.Put(AuditKey(id, 1), store.Get(AuditKey(victims.user.id, 1)));
                   return Expected{{EntryPlace(id, 1)}, 1};
                 }});
}

void AddReorderings(Tamperings& all) {
  for (const std::uint64_t version : {1, 2, 4}) {
    all.push_back({"audit entries: swapped " + std::to_string(version) + " and the next",
                   [=](RawStore& store, const Victims& victims) {
                     store.Swap(AuditKey(victims.user.id, version),
                                AuditKey(victims.user.id, version + 1));
                     return Named(victims.user);
                   }});
  }
  all.push_back(
      {"audit entries: swapped between two users", [](RawStore& store, const Victims& victims) {
         store.Swap(AuditKey(victims.user.id, 3), AuditKey(victims.other.id, 3));
         return Expected{{UserPlace(victims.user.id), UserPlace(victims.other.id)}};
       }});
  AddRename(all, 1, "00000000001");
  AddRename(all, 5, "5");
  AddRename(all, 5, "00000000005");
  AddRename(all, 5, "18446744073709551621");  // 5 modulo 2 to the power of 64
}

// Recomputes the hashes from `version` on, and replaces the head hash in the profile too.
void AddConsistentForgery(Tamperings& all, const std::string& name, std::uint64_t version,
                          const std::function<void(domain::AuditEntry&)>& edit) {
  all.push_back({"audit entry " + std::to_string(version) + ": " + name +
                     ", all hashes and the head recomputed",
                 [=](RawStore& store, const Victims& victims) {
                   const std::string& id = victims.user.id;
                   EditEntry(store, id, version, edit);
                   const Sha256Digest head = Reseal(store, id, version, 5);
                   store.Edit(service::ProfileKey(id), [&](const Item& item) {
                     return With(item, "headHash", AsText(head));
                   });
                   return Named(victims.user);
                 }});
}

// The subject of an entry must follow from its changes. No hash covers this rule.
void AddConsistentForgeries(Tamperings& all) {
  using Entry = domain::AuditEntry;
  AddConsistentForgery(all, "another role", 3, [](Entry& entry) { entry.role = "admin"; });
  AddConsistentForgery(all, "without its role", 3, [](Entry& entry) { entry.role.reset(); });
  AddConsistentForgery(all, "another status", 4, [](Entry& entry) { entry.status = "deleted"; });
  AddConsistentForgery(all, "a role in an entry about none", 2,
                       [](Entry& entry) { entry.role = "admin"; });
  AddConsistentForgery(all, "other changed fields", 2, [](Entry& entry) {
    entry.changed_fields = std::vector<std::string>{"status"};
  });
  AddConsistentForgery(all, "a role without changed fields", 3,
                       [](Entry& entry) { entry.changed_fields.reset(); });
}

// Recomputed hashes are found unless the head hash in the profile is replaced too.
void AddForgeries(Tamperings& all) {
  AddConsistentForgeries(all);
  all.push_back({"audit entry 2: another actor, all later hashes recomputed",
                 [](RawStore& store, const Victims& victims) {
                   EditEntry(store, victims.user.id, 2, [](domain::AuditEntry& entry) {
                     entry.actor = "arn:aws:iam::123456789012:user/scapegoat";
                   });
                   Reseal(store, victims.user.id, 2, 5);
                   return Named(victims.user);
                 }});
  all.push_back(
      {"audit entry 5: resealed with another salt", [](RawStore& store, const Victims& victims) {
         EditEntry(store, victims.user.id, 5,
                   [](domain::AuditEntry& entry) { entry.salt[0] ^= 1; });
         Reseal(store, victims.user.id, 5, 5);
         return Named(victims.user);
       }});
  all.push_back({"audit entry 2: dropped, later ones renumbered, hashes recomputed",
                 [](RawStore& store, const Victims& victims) {
                   const std::string& id = victims.user.id;
                   for (std::uint64_t version = 2; version < 5; ++version) {
                     store.Put(AuditKey(id, version), store.Get(AuditKey(id, version + 1)));
                   }
                   store.Delete(AuditKey(id, 5));
                   Reseal(store, id, 2, 4);
                   return Named(victims.user, -1);
                 }});
}

}  // namespace

void AddAuditTamperings(Tamperings& all) {
  AddChanges(all);
  AddDrop(all, 1, 1);
  AddDrop(all, 3, 3);
  AddDrop(all, 5, 5);
  AddDrop(all, 4, 5);
  AddDrop(all, 2, 5);
  AddDrop(all, 1, 5);
  AddInsertions(all);
  AddReorderings(all);
  for (const std::size_t bytes : {1, 41, 200}) {
    all.push_back({"audit entry 3: cut by " + std::to_string(bytes),
                   [=](RawStore& store, const Victims& victims) {
                     store.Cut(AuditKey(victims.user.id, 3), bytes);
                     return Expected{{EntryPlace(victims.user.id, 3)}};
                   }});
  }
  // Whole attributes are gone, so the rest is an entry that does not verify.
  all.push_back(
      {"audit entry 3: cut by 40, between attributes", [](RawStore& store, const Victims& victims) {
         store.Cut(AuditKey(victims.user.id, 3), 40);
         return Expected{{UserPlace(victims.user.id)}};
       }});
  AddForgeries(all);
}

}  // namespace users::testing
