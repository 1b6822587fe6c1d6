#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/audit_entry.h"
#include "domain/user.h"
#include "storage/table_store.h"

// The single-table design: the only file that knows which items a user consists of and under which
// keys they stand.
//
//   USER#<id>                     PROFILE     the user, its newest entry's hash, its list shard
//   AUDIT#<id>                    <version>   audit entry N, ten digits
//   USER_EMAIL#<sha-256>          USER        whose address (lower-cased) it is, if not deleted
//   USER_LIST#<shard>             USER#<id>   what lists show, for every user not deleted
//   USER_STATUS#<status>#<shard>  USER#<id>   the same, by status
namespace users::service {

// A user as it is stored.
struct UserRecord {
  domain::User user;
  Sha256Digest head_hash{};  // of its newest audit entry
  std::uint32_t shard = 0;   // its list shard, fixed at creation
};

// Which part of a change a write is; it decides what a failed condition means.
enum class ChangePart { kIdempotency, kProfile, kAuditEntry, kEmailClaim, kOther };

// The writes of one change, and what each of them is.
struct Change {
  Change() {
    writes.reserve(kUsualWrites);
    parts.reserve(kUsualWrites);
  }

  static constexpr std::size_t kUsualWrites = 8;
  storage::Transaction writes;
  std::vector<ChangePart> parts;

  void Add(storage::WriteOp write, ChangePart part) {
    writes.push_back(std::move(write));
    parts.push_back(part);
  }
};

// The greatest number of list shards.
inline constexpr std::uint32_t kMostListShards = 1024;

// The shard of a new user: the first 4 bytes of SHA-256 of its id, big endian, modulo `shards`.
std::uint32_t ShardOf(std::string_view user_id, std::uint32_t shards);

storage::Key ProfileKey(std::string_view user_id);
storage::Key AuditKey(std::string_view user_id, std::uint64_t version);
storage::Key EmailKey(std::string_view email);
storage::Key ListItemKey(std::string_view user_id, std::uint32_t shard);

// Where lists are read; all statuses if none is given. `after` is the last user of the page before.
storage::QueryRange ListRange(std::optional<domain::UserStatus> status, std::uint32_t shards,
                              std::string_view after, std::size_t limit);
// Where a user's audit entries are read, from the version after `after_version`.
storage::QueryRange AuditRange(std::string_view user_id, std::uint64_t after_version,
                               std::size_t limit);

// Adds the writes that make a user, or that turn `before` into `after`; the newer state carries the
// hash of `entry`.
void AddCreation(Change& change, const UserRecord& created, const domain::AuditEntry& entry);
void AddUpdate(Change& change, const UserRecord& before, const UserRecord& after,
               const domain::AuditEntry& entry);

// Adds the puts of all items beside the profile and the audit entries that the user must have.
void AddIndexItems(Change& change, const UserRecord& record);

// The items as they are stored: whoever decodes one and encodes it again has the same bytes.
storage::Item EncodeProfile(const UserRecord& record);
storage::Item EncodeAuditEntry(const domain::AuditEntry& entry);

Result<UserRecord> DecodeProfile(const storage::Item& item);
Result<domain::UserSummary> DecodeSummary(const storage::Item& item);
struct EmailOwner {
  std::string user_id;
  std::uint32_t shard = 0;
};
Result<EmailOwner> DecodeEmailOwner(const storage::Item& item);
// `partition` and `sort` are the item's key.
Result<domain::AuditEntry> DecodeAuditEntry(std::string_view partition, std::string_view sort,
                                            const storage::Item& item);
Result<domain::AuditEntry> DecodeAuditEntry(std::string_view user_id, const storage::Row& row);

// What audit partitions begin with: the change feed tells of their items.
inline constexpr std::string_view kAuditPartitionPrefix = "AUDIT#";

// What profile partitions begin with, and how long they are, for finding the greatest user id.
inline constexpr std::string_view kProfilePartitionPrefix = "USER#";
inline constexpr std::size_t kProfilePartitionSize = 5 + 26;

}  // namespace users::service
