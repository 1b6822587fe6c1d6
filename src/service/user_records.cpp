#include "service/user_records.h"

#include <algorithm>

#include "base/text/text.h"
#include "base/ulid.h"

namespace users::service {
namespace {

using storage::Condition;
using storage::Item;
using storage::Key;
using storage::Table;
using storage::WriteOp;

std::string Joined(std::string_view prefix, std::string_view text) {
  std::string joined;
  joined.reserve(prefix.size() + text.size());
  joined += prefix;
  joined += text;
  return joined;
}

std::string AuditPartition(std::string_view chain) {
  return Joined(kFeedPartitionPrefix, chain);
}

std::string VersionSort(std::uint64_t version) {
  constexpr std::size_t kDigits = 10;
  std::string digits = std::to_string(version);
  if (digits.size() < kDigits) digits.insert(0, kDigits - digits.size(), '0');
  return digits;
}

std::string ListPartition(std::optional<domain::UserStatus> status, std::uint32_t shard) {
  std::string partition = status ? Joined("USER_STATUS#", NameOf(*status)) + "#" : "USER_LIST#";
  return partition + std::to_string(shard);
}

std::string RolePartition(std::string_view role, std::uint32_t shard) {
  return Joined(kRolePartitionPrefix, role) + "#" + std::to_string(shard);
}

std::string ListSort(std::string_view user_id) {
  return Joined("USER#", user_id);
}

std::string_view HandlePrefix(domain::HandleKind kind) {
  switch (kind) {
    case domain::HandleKind::kEmail:
      return "USER_EMAIL#";
    case domain::HandleKind::kExternalId:
      return "USER_EXTERNAL#";
    case domain::HandleKind::kUserName:
      return "USER_NAME#";
  }
  return "";
}

// The greatest sort key in a list that a user created before this time can have. No sort key is as
// small as that of a time at which no ULID begins.
std::string SortBefore(Timestamp time) {
  const auto greatest = GreatestUlidBefore(time);
  return ListSort(greatest ? greatest->ToString() : "");
}

Key StatusItemKey(const domain::User& user, std::uint32_t shard) {
  return Key(Table::kUsers, ListPartition(user.status, shard), ListSort(user.user_id));
}

Key RoleItemKey(std::string_view role, const UserRecord& record) {
  return Key(Table::kUsers, RolePartition(role, record.shard), ListSort(record.user.user_id));
}

bool IsListed(const domain::User& user) {
  return user.status != domain::UserStatus::kDeleted;
}

bool HasNewestItems(const UserRecord& record) {
  return record.item_generation == kItemGeneration;
}

// Puts the list items of the newer state and deletes those of the older state under other keys.
void AddListItems(Change& change, const UserRecord* before, const UserRecord& after) {
  if (before != nullptr && before->user.status != after.user.status) {
    change.Add(WriteOp::Delete(StatusItemKey(before->user, before->shard)), ChangePart::kOther);
  }
  const Key list_key = ListItemKey(after.user.user_id, after.shard);
  const Item summary = EncodeSummary(after.user);
  if (IsListed(after.user)) {
    change.Add(WriteOp::Put(list_key, summary), ChangePart::kOther);
  } else if (before != nullptr) {
    change.Add(WriteOp::Delete(list_key), ChangePart::kOther);
  }
  if (IsListed(after.user) || HasNewestItems(after)) {
    change.Add(WriteOp::Put(StatusItemKey(after.user, after.shard), summary), ChangePart::kOther);
  }
}

// Claims and releases the handles in which the two states differ.
void AddHandleItems(Change& change, const UserRecord* before, const UserRecord& after) {
  const auto handle_of = [](const UserRecord* record, domain::HandleKind kind) {
    return record != nullptr && IsListed(record->user) ? HandleOf(record->user, kind) : nullptr;
  };
  for (const domain::HandleKind kind : domain::kHandleKinds) {
    const std::string* had = handle_of(before, kind);
    const std::string* has = handle_of(&after, kind);
    if (had != nullptr && has != nullptr && ComparedForm(kind, *had) == ComparedForm(kind, *has)) {
      continue;
    }
    if (has != nullptr) {
      change.Add(WriteOp::Put(HandleKey(kind, *has), EncodeReference(after), Condition::Absent()),
                 ClaimOf(kind));
    }
    if (had != nullptr) {
      change.Add(WriteOp::Delete(HandleKey(kind, *had),
                                 Condition::StringEquals("userId", before->user.user_id)),
                 ChangePart::kOther);
    }
  }
}

// Puts the role items that the newer state has and the older one has not, and the reverse. A user
// of an earlier generation has no role items, so all of them are put.
void AddRoleItems(Change& change, const UserRecord* before, const UserRecord& after) {
  if (!HasNewestItems(after)) return;
  const auto has_item = [](const UserRecord* record, const std::string& role) {
    return record != nullptr && IsListed(record->user) && HasRole(record->user, role);
  };
  for (const std::string& role : after.user.roles) {
    if (!IsListed(after.user)) break;
    if (before != nullptr && HasNewestItems(*before) && has_item(before, role)) continue;
    change.Add(WriteOp::Put(RoleItemKey(role, after), EncodeReference(after)), ChangePart::kOther);
  }
  if (before == nullptr) return;
  for (const std::string& role : before->user.roles) {
    if (!has_item(before, role) || has_item(&after, role)) continue;
    change.Add(WriteOp::Delete(RoleItemKey(role, after)), ChangePart::kOther);
  }
}

// Adds all items of the newer state except profile and audit entry.
void AddItems(Change& change, const UserRecord* before, const UserRecord& after) {
  AddHandleItems(change, before, after);
  AddListItems(change, before, after);
  AddRoleItems(change, before, after);
}

Condition HasVersion(const UserRecord& record) {
  return Condition::NumberEquals("version", static_cast<std::int64_t>(record.user.version));
}

}  // namespace

std::uint32_t ShardOf(std::string_view user_id, std::uint32_t shards) {
  const Sha256Digest digest = Sha256(user_id);
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = (number << 8) | digest[i];
  return number % shards;
}

Key ProfileKey(std::string_view user_id) {
  return Key(Table::kUsers, Joined(kProfilePartitionPrefix, user_id), "PROFILE");
}

Key AuditKey(std::string_view chain, std::uint64_t version) {
  return Key(Table::kUsers, AuditPartition(chain), VersionSort(version));
}

Key HandleKey(domain::HandleKind kind, std::string_view handle) {
  const std::string digest = ToHex(Sha256(ComparedForm(kind, handle)));
  return Key(Table::kUsers, Joined(HandlePrefix(kind), digest), "USER");
}

ChangePart ClaimOf(domain::HandleKind kind) {
  switch (kind) {
    case domain::HandleKind::kEmail:
      return ChangePart::kEmailClaim;
    case domain::HandleKind::kExternalId:
      return ChangePart::kExternalIdClaim;
    case domain::HandleKind::kUserName:
      return ChangePart::kUserNameClaim;
  }
  return ChangePart::kOther;
}

Key ListItemKey(std::string_view user_id, std::uint32_t shard) {
  return Key(Table::kUsers, ListPartition(std::nullopt, shard), ListSort(user_id));
}

storage::QueryRange ListRange(const ListFilter& filter, std::uint32_t shards,
                              std::string_view after, std::size_t limit) {
  std::vector<std::string> partitions;
  for (std::uint32_t shard = 0; shard < shards; ++shard) {
    partitions.push_back(filter.role ? RolePartition(*filter.role, shard)
                                     : ListPartition(filter.status, shard));
  }
  storage::QueryRange range(Table::kUsers, std::move(partitions),
                            after.empty() ? std::string() : ListSort(after), limit);
  if (filter.created_from) range.after = std::max(range.after, SortBefore(*filter.created_from));
  if (filter.created_to) range.last = SortBefore(*filter.created_to);
  return range;
}

storage::QueryRange AuditRange(std::string_view chain, std::uint64_t after_version,
                               std::size_t limit) {
  return storage::QueryRange(Table::kUsers, {AuditPartition(chain)},
                             after_version == 0 ? std::string() : VersionSort(after_version),
                             limit);
}

void AddCreation(Change& change, const UserRecord& created, const domain::AuditEntry& entry) {
  change.Add(
      WriteOp::Put(ProfileKey(created.user.user_id), EncodeProfile(created), Condition::Absent()),
      ChangePart::kProfile);
  change.Add(WriteOp::Put(AuditKey(entry.user_id, entry.version), EncodeAuditEntry(entry),
                          Condition::Absent()),
             ChangePart::kAuditEntry);
  AddIndexItems(change, created);
}

void AddUpdate(Change& change, const UserRecord& before, const UserRecord& after,
               const domain::AuditEntry& entry) {
  change.Add(WriteOp::Put(ProfileKey(after.user.user_id), EncodeProfile(after), HasVersion(before)),
             ChangePart::kProfile);
  change.Add(WriteOp::Put(AuditKey(entry.user_id, entry.version), EncodeAuditEntry(entry),
                          Condition::Absent()),
             ChangePart::kAuditEntry);
  AddItems(change, &before, after);
}

void AddIndexItems(Change& change, const UserRecord& record) {
  AddItems(change, nullptr, record);
}

bool MustHave(const UserRecord& record, const storage::Key& index_item) {
  Change expected;
  AddIndexItems(expected, record);
  return std::any_of(expected.writes.begin(), expected.writes.end(),
                     [&](const WriteOp& write) { return write.key() == index_item; });
}

void AddUpgrade(Change& change, const UserRecord& before) {
  UserRecord after = before;
  after.item_generation = kItemGeneration;
  change.Add(WriteOp::Put(ProfileKey(after.user.user_id), EncodeProfile(after), HasVersion(before)),
             ChangePart::kProfile);
  AddRoleItems(change, &before, after);
  if (IsListed(after.user)) return;
  change.Add(WriteOp::Put(StatusItemKey(after.user, after.shard), EncodeSummary(after.user)),
             ChangePart::kOther);
}

void AddRemoval(Change& change, const storage::Key& role_item, const UserRecord& record) {
  change.Add(WriteOp::Check(ProfileKey(record.user.user_id), HasVersion(record)),
             ChangePart::kProfile);
  change.Add(WriteOp::Delete(role_item), ChangePart::kOther);
}

Result<domain::AuditEntry> DecodeAuditEntry(std::string_view chain, const storage::Row& row) {
  return DecodeAuditItem(chain, row.sort, row.item);
}

Result<domain::AuditEntry> DecodeAuditEntry(std::string_view partition, std::string_view sort,
                                            const Item& item) {
  const auto chain = AuditChainOf(partition);
  if (!chain) return Error::Internal();
  return DecodeAuditItem(*chain, sort, item);
}

bool IsProfilePartition(std::string_view partition) {
  return partition.starts_with(kProfilePartitionPrefix);
}

bool IsRolePartition(std::string_view partition) {
  return partition.starts_with(kRolePartitionPrefix);
}

std::optional<std::string_view> AuditChainOf(std::string_view partition) {
  if (!partition.starts_with(kFeedPartitionPrefix)) return std::nullopt;
  return partition.substr(kFeedPartitionPrefix.size());
}

std::optional<Ulid> ListedUser(std::string_view sort) {
  const std::string prefix = ListSort("");
  if (!sort.starts_with(prefix)) return std::nullopt;
  return ParseUlid(sort.substr(prefix.size()));
}

Result<Ulid> GreatestUserId(const FindGreatestPartition& find) {
  const auto greatest =
      find(kProfilePartitionPrefix, kProfilePartitionPrefix.size() + Ulid::kTextSize);
  if (!greatest.ok()) return greatest.error();
  if (!greatest->has_value()) return Ulid();
  return ParseUlid(std::string_view(**greatest).substr(kProfilePartitionPrefix.size()))
      .value_or(Ulid());
}

}  // namespace users::service
