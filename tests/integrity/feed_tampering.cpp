#include "integrity/tampering.h"
#include "service/user_records.h"
#include "storage/local/encoding.h"

namespace users::testing {
namespace {

using storage::local::EncodePosition;

std::string PointerTo(const storage::Key& key) {
  return storage::local::EncodeKey(key.partition, key.sort);
}

std::string PointerTo(const SampleUser& user, std::uint64_t version) {
  return PointerTo(service::AuditKey(user.id, version));
}

// Replaces the pointer in the record of the user's third change.
void AddChange(Tamperings& all, const std::string& name,
               const std::function<std::string(const Victims&)>& pointer) {
  all.push_back({"feed record: " + name, [=](RawStore& store, const Victims& victims) {
                   const std::uint64_t position = PositionOf(store, victims.user.id, 3);
                   store.Put(RawStore::kFeed, EncodePosition(position), pointer(victims));
                   return Expected{{FeedPlace(position)}};
                 }});
}

void AddDrop(Tamperings& all, std::uint64_t version) {
  all.push_back({"feed record: dropped, of change " + std::to_string(version),
                 [=](RawStore& store, const Victims& victims) {
                   const std::uint64_t position = PositionOf(store, victims.user.id, version);
                   store.Delete(RawStore::kFeed, EncodePosition(position));
                   return Expected{{FeedPlace(position)}};
                 }});
}

void AddInsertion(Tamperings& all, const std::string& name, const std::string& key,
                  const std::string& place) {
  all.push_back({"feed record: inserted " + name, [=](RawStore& store, const Victims& victims) {
                   store.Put(RawStore::kFeed, key, PointerTo(victims.user, 3));
                   return Expected{{place}};
                 }});
}

}  // namespace

void AddFeedTamperings(Tamperings& all) {
  AddChange(all, "points to the previous change",
            [](const Victims& victims) { return PointerTo(victims.user, 2); });
  AddChange(all, "points to the next change",
            [](const Victims& victims) { return PointerTo(victims.user, 4); });
  AddChange(all, "points to a missing change",
            [](const Victims& victims) { return PointerTo(victims.user, 9); });
  AddChange(all, "points to a profile",
            [](const Victims& victims) { return PointerTo(service::ProfileKey(victims.user.id)); });
  AddChange(all, "is empty", [](const Victims&) { return std::string(); });
  AddChange(all, "cut by one", [](const Victims& victims) {
    std::string pointer = PointerTo(victims.user, 3);
    pointer.pop_back();
    return pointer;
  });
  AddChange(all, "cut to a part of its key",
            [](const Victims& victims) { return PointerTo(victims.user, 3).substr(0, 12); });
  all.push_back(
      {"feed record: points to another user's change", [](RawStore& store, const Victims& victims) {
         const std::uint64_t position = PositionOf(store, victims.user.id, 3);
         const std::uint64_t next = PositionOf(store, victims.user.id, 4);
         store.Put(RawStore::kFeed, EncodePosition(position), PointerTo(victims.other, 3));
         return Expected{{FeedPlace(next)}};  // the gap is found at the next record
       }});
  for (const std::uint64_t version : {1, 3, 5}) AddDrop(all, version);
  AddInsertion(all, "before the begin", EncodePosition(1), FeedPlace(1));
  AddInsertion(all, "at no position", "x", "change feed");
  AddInsertion(all, "between two positions", EncodePosition(1) + "x", "change feed");
  all.push_back({"feed record: two swapped", [](RawStore& store, const Victims& victims) {
                   const std::uint64_t position = PositionOf(store, victims.user.id, 2);
                   const std::uint64_t next = PositionOf(store, victims.user.id, 3);
                   store.Put(RawStore::kFeed, EncodePosition(position), PointerTo(victims.user, 3));
                   store.Put(RawStore::kFeed, EncodePosition(next), PointerTo(victims.user, 2));
                   return Expected{{FeedPlace(position)}};
                 }});
}

}  // namespace users::testing
