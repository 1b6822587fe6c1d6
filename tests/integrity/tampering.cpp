#include "integrity/tampering.h"

#include <gtest/gtest.h>

#include "audit/chain.h"
#include "service/integrity.h"
#include "service/user_records.h"
#include "storage/local/encoding.h"

namespace users::testing {
namespace {

domain::AuditEntry EntryOf(RawStore& store, const std::string& user_id, std::uint64_t version) {
  const storage::Key key = service::AuditKey(user_id, version);
  const auto item = storage::Item::FromEncoded(store.Get(key));
  auto entry = service::DecodeAuditEntry(key.partition, key.sort, item.value_or(storage::Item()));
  EXPECT_TRUE(entry.ok()) << EntryPlace(user_id, version);
  return entry.ok() ? std::move(*entry) : domain::AuditEntry();
}

}  // namespace

std::string UserPlace(const std::string& user_id) {
  return "user " + user_id;
}
std::string EntryPlace(const std::string& user_id, std::uint64_t version) {
  return service::PlaceOf(service::AuditKey(user_id, version));
}
std::string FeedPlace(std::uint64_t position) {
  return "change feed record " + std::to_string(position);
}

std::string UnusedId(const std::string& user_id) {
  return "7" + user_id.substr(1);
}

std::uint64_t PositionOf(RawStore& store, const std::string& user_id, std::uint64_t version) {
  const storage::Key key = service::AuditKey(user_id, version);
  const std::string pointer = storage::local::EncodeKey(key.partition, key.sort);
  for (const auto& [position, pointer_of_record] : store.All(RawStore::kFeed)) {
    if (pointer_of_record == pointer) return storage::local::DecodePosition(position);
  }
  ADD_FAILURE() << "the feed has no record of " << EntryPlace(user_id, version);
  return 0;
}

void EditEntry(RawStore& store, const std::string& user_id, std::uint64_t version,
               const std::function<void(domain::AuditEntry&)>& edit) {
  domain::AuditEntry entry = EntryOf(store, user_id, version);
  edit(entry);
  store.Put(service::AuditKey(user_id, version), service::EncodeAuditEntry(entry).encoded());
}

Sha256Digest Reseal(RawStore& store, const std::string& user_id, std::uint64_t from,
                    std::uint64_t to) {
  Sha256Digest head{};
  if (from > 1) head = EntryOf(store, user_id, from - 1).hash;
  for (std::uint64_t version = from; version <= to; ++version) {
    EditEntry(store, user_id, version, [&](domain::AuditEntry& entry) {
      audit::Seal(entry, entry.salt, head);
      head = entry.hash;
    });
  }
  return head;
}

}  // namespace users::testing
