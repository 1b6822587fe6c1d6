#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/ulid.h"
#include "domain/audit_entry.h"
#include "domain/handle.h"
#include "domain/user.h"
#include "service/user_items.h"
#include "storage/table_store.h"

// The single-table design. Only this file knows which items make up a user and what their keys are;
// user_items.h knows what the items contain.
// partitions.json lists the prefixes of the partitions for programs in other languages.
//
//   USER#<id>                     PROFILE     the user, its newest entry's hash, its list shard
//   AUDIT#<id>                    <version>   audit entry N, ten digits (also of subjects, see
//                                             subject_records.h)
//   USER_EMAIL#<sha-256>          USER        owner of the lower-cased address, if not deleted
//   USER_EXTERNAL#<sha-256>       USER        owner of the external id, if not deleted
//   USER_NAME#<sha-256>           USER        owner of the lower-cased user name, if not deleted
//   USER_LIST#<shard>             USER#<id>   the summary of a user that is not deleted
//   USER_STATUS#<status>#<shard>  USER#<id>   the summary, by status; also of deleted users
//   USER_ROLE#<role>#<shard>      USER#<id>   a user, not deleted, that holds the role
//
// Earlier versions wrote no items for roles and deleted users. A profile therefore records the
// generation of its items. An earlier version drops this record when it rewrites the profile, so a
// change that it made is found again (service/item_upgrade.h).
namespace users::service {

// The part of a change that a write belongs to. It decides what a failed condition means.
enum class ChangePart {
  kIdempotency,
  kProfile,
  kAuditEntry,
  kEmailClaim,
  kExternalIdClaim,
  kUserNameClaim,
  kOther,
};

// The writes of one change, and the part that each of them belongs to. Not thread-safe.
struct Change {
  Change() {
    writes.reserve(kUsualWrites);
    parts.reserve(kUsualWrites);
  }

  static constexpr std::size_t kUsualWrites = 8;
  storage::Transaction writes;
  std::vector<ChangePart> parts;

  // Appends one write.
  void Add(storage::WriteOp write, ChangePart part) {
    writes.push_back(std::move(write));
    parts.push_back(part);
  }
};

// The maximum number of list shards.
inline constexpr std::uint32_t kMaxListShards = 1024;

// Returns the shard of a new user: the first 4 bytes of SHA-256 of its id, big endian, modulo
// `shards`. Thread-safe, like all functions of this file.
std::uint32_t ShardOf(std::string_view user_id, std::uint32_t shards);

// The keys of the table above.
storage::Key ProfileKey(std::string_view user_id);
storage::Key AuditKey(std::string_view chain, std::uint64_t version);
storage::Key HandleKey(domain::HandleKind kind, std::string_view handle);
storage::Key ListItemKey(std::string_view user_id, std::uint32_t shard);

// Returns the part of a change that claims a handle of this kind.
ChangePart ClaimOf(domain::HandleKind kind);

// The users that a list shows, besides its pages. The times are compared with the times within the
// user ids.
struct ListFilter {
  std::optional<domain::UserStatus> status;  // none: every user that is not deleted
  std::optional<std::string> role;           // not together with the status `deleted`
  std::optional<Timestamp> created_from;     // inclusive
  std::optional<Timestamp> created_to;       // exclusive
};

// Returns the range of a list. `after` is the id of the last user that the previous page read, empty
// for the first page. If the filter has a role, the rows are role items; otherwise they are
// summaries.
storage::QueryRange ListRange(const ListFilter& filter, std::uint32_t shards,
                              std::string_view after, std::size_t limit);
// Returns the range of the audit entries of a user or subject, starting after `after_version`.
storage::QueryRange AuditRange(std::string_view chain, std::uint64_t after_version,
                               std::size_t limit);

// Add the writes that create a user, or that turn `before` into `after`. The newer state must hold
// the hash of `entry`, and its items must be of the newest generation.
void AddCreation(Change& change, const UserRecord& created, const domain::AuditEntry& entry);
void AddUpdate(Change& change, const UserRecord& before, const UserRecord& after,
               const domain::AuditEntry& entry);

// Adds the puts of all items that the user must have besides the profile and the audit entries.
void AddIndexItems(Change& change, const UserRecord& record);
// Returns whether the user must have an item with this key among them.
bool MustHave(const UserRecord& record, const storage::Key& index_item);

// Adds the writes that give a user of an earlier generation the items of the newest one. They fail
// if the user has changed since it was read.
void AddUpgrade(Change& change, const UserRecord& before);
// Adds the writes that remove a role item whose user, as read, must not have it. They fail if the
// user has changed since.
void AddRemoval(Change& change, const storage::Key& role_item, const UserRecord& record);

// Decode an audit entry by the key of its item. Errors are those of DecodeAuditItem.
Result<domain::AuditEntry> DecodeAuditEntry(std::string_view partition, std::string_view sort,
                                            const storage::Item& item);
Result<domain::AuditEntry> DecodeAuditEntry(std::string_view chain, const storage::Row& row);

// The change feed must record the puts to partitions with this prefix, and no others. These are the
// partitions of audit entries.
inline constexpr std::string_view kFeedPartitionPrefix = "AUDIT#";

// The prefixes of the partitions of profiles and of role items.
inline constexpr std::string_view kProfilePartitionPrefix = "USER#";
inline constexpr std::string_view kRolePartitionPrefix = "USER_ROLE#";

// Return whether the partition holds a user's profile, or role items.
bool IsProfilePartition(std::string_view partition);
bool IsRolePartition(std::string_view partition);

// Returns the chain whose audit entries are in this partition, which is the id of a user or the name
// of a subject, or nothing if the partition holds other items.
std::optional<std::string_view> AuditChainOf(std::string_view partition);

// Returns the id of the user that a row of a list is about, or nothing if its sort key is broken.
std::optional<Ulid> ListedUser(std::string_view sort);

// Returns the greatest partition of a store that begins with `prefix` and is `size` bytes long, or
// nothing if there is none.
using FindGreatestPartition =
    std::function<Result<std::optional<std::string>>(std::string_view prefix, std::size_t size)>;

// Returns the greatest user id in a store, or the least possible id if it has no users. Its errors
// are those of `find`.
Result<Ulid> GreatestUserId(const FindGreatestPartition& find);

}  // namespace users::service
