#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/sha256.h"
#include "domain/audit_entry.h"
#include "domain/user.h"
#include "storage/item.h"

// The items of users: what they contain, and how it is stored. user_records.h knows their keys. All
// functions are thread-safe.
namespace users::service {

// The generation of the items of a user. In the first one, users have no role items, and deleted
// users have no list item.
inline constexpr std::int64_t kFirstItemGeneration = 1;
inline constexpr std::int64_t kItemGeneration = 2;

// A user as stored.
struct UserRecord {
  domain::User user;
  Sha256Digest head_hash{};                        // of its newest audit entry
  std::uint32_t shard = 0;                         // its list shard, fixed at creation
  std::int64_t item_generation = kItemGeneration;  // of its items
};

// A user and its list shard: the content of handle items and role items.
struct UserReference {
  std::string user_id;
  std::uint32_t shard = 0;
};

// Encode the items as stored. Decoding an item and encoding it again gives the same bytes.
storage::Item EncodeProfile(const UserRecord& record);
storage::Item EncodeSummary(const domain::User& user);
storage::Item EncodeReference(const UserRecord& record);
storage::Item EncodeAuditEntry(const domain::AuditEntry& entry);

// Decode items. They fail with kInternal if the item is broken, and with kUnavailable if its format
// is newer than this program.
Result<UserRecord> DecodeProfile(const storage::Item& item);
Result<domain::UserSummary> DecodeSummary(const storage::Item& item);
Result<UserReference> DecodeReference(const storage::Item& item);
// Decodes the audit entry of a user. `sort` is the sort key of the item.
Result<domain::AuditEntry> DecodeAuditItem(std::string_view user_id, std::string_view sort,
                                           const storage::Item& item);

}  // namespace users::service
