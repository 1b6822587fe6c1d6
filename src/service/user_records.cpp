#include "service/user_records.h"

#include <algorithm>
#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>

#include "base/json/json.h"
#include "base/text/text.h"
#include "base/ulid.h"
#include "service/item_format.h"

namespace users::service {
namespace {

using storage::Condition;
using storage::Item;
using storage::Key;
using storage::Table;
using storage::WriteOp;

constexpr std::string_view kProfilePrefix = "USER#";

// The format of audit items that have any of changedFields, role, status and reason. Programs that
// know only the first format would leave these members out, and the entry would not verify. They
// must find a newer format instead. Entries about a subject have a format of their own for the same
// reason.
constexpr std::int64_t kAuditItemFormat = 2;
constexpr std::int64_t kSubjectEntryFormat = 3;

// The attribute names, sizes, and the values of nearly constant length.
constexpr std::size_t kFrameOfAnItem = 256;

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

std::string ListSort(std::string_view user_id) {
  return Joined("USER#", user_id);
}

// The greatest sort key in a list that a user created before this time can have. No sort key is as
// small as that of a time at which no ULID begins.
std::string SortBefore(Timestamp time) {
  const auto greatest = GreatestUlidBefore(time);
  return ListSort(greatest ? greatest->ToString() : "");
}

// Names of roles and of a user's fields contain no commas. The keys of a subject's state may be ARNs,
// which may contain commas and no spaces. No name is empty.
constexpr char kBetweenNames = ',';
constexpr char kBetweenKeys = ' ';

std::string Join(const std::vector<std::string>& names, char between = kBetweenNames) {
  std::string joined;
  for (const std::string& name : names) {
    if (!joined.empty()) joined += between;
    joined += name;
  }
  return joined;
}

std::vector<std::string> SplitJoined(std::string_view joined, char between = kBetweenNames) {
  std::vector<std::string> names;
  if (joined.empty()) return names;
  for (PartReader reader(joined, between); const auto name = reader.Next();)
    names.emplace_back(*name);
  return names;
}

// Metadata is stored in the order of its keys as bytes, not in the canonical order: the encoding of
// a profile must stay what earlier versions wrote, because the check compares it with the item.
std::string EncodeMetadata(const domain::Metadata& metadata) {
  std::string text;
  json::ObjectWriter writer(text);
  for (const auto& [key, value] : metadata) {
    writer.EscapedName(key);
    json::AppendString(text, value);
  }
  writer.Close();
  return text;
}

domain::Metadata ReadMetadata(ItemReader& reader, std::string_view name) {
  domain::Metadata metadata;
  const std::string_view text = reader.String(name);
  if (text == "{}") return metadata;
  std::array<unsigned char, 2048> memory;
  boost::json::monotonic_resource resource(memory.data(), memory.size());
  boost::json::error_code error;
  const boost::json::value value = boost::json::parse(text, error, &resource);
  if (error || !value.is_object()) {
    reader.MarkBroken();
    return metadata;
  }
  for (const auto& member : value.get_object()) {
    if (const auto* content = member.value().if_string()) {
      metadata.emplace(member.key(), *content);
    } else {
      reader.MarkBroken();
    }
  }
  return metadata;
}

std::int64_t ToNumber(Timestamp time) {
  return time.time_since_epoch().count();
}

Timestamp ReadTime(ItemReader& reader, std::string_view name) {
  const Timestamp time(std::chrono::milliseconds(reader.Number(name)));
  if (!IsWritable(time)) {
    reader.MarkBroken();
    return Timestamp();
  }
  return time;
}

domain::UserStatus ReadStatus(ItemReader& reader) {
  const auto status = domain::ParseUserStatus(reader.String("status"));
  if (!status) reader.MarkBroken();
  return status.value_or(domain::UserStatus::kDeleted);
}

Item EncodeSummary(const domain::User& user) {
  Item item = NewItem(kFrameOfAnItem + user.email.size() + user.name.size());
  item.SetString("userId", user.user_id);
  item.SetString("email", user.email);
  item.SetString("name", user.name);
  item.SetString("status", NameOf(user.status));
  item.SetString("roles", Join(user.roles));
  item.SetNumber("createdAt", ToNumber(user.created_at));
  item.SetNumber("version", static_cast<std::int64_t>(user.version));
  return item;
}

Item EncodeEmailOwner(const UserRecord& record) {
  Item item = NewItem();
  item.SetString("userId", record.user.user_id);
  item.SetNumber("shard", record.shard);
  return item;
}

Key StatusItemKey(const domain::User& user, std::uint32_t shard) {
  return Key(Table::kUsers, ListPartition(user.status, shard), ListSort(user.user_id));
}

bool IsListed(const domain::User& user) {
  return user.status != domain::UserStatus::kDeleted;
}

// Puts the list items of the newer state and deletes those of the older state under other keys.
void AddListItems(Change& change, const domain::User* before, const domain::User& after,
                  std::uint32_t shard) {
  if (before != nullptr && before->status != after.status) {
    change.Add(WriteOp::Delete(StatusItemKey(*before, shard)), ChangePart::kOther);
  }
  const Key list_key = ListItemKey(after.user_id, shard);
  if (!IsListed(after)) {
    change.Add(WriteOp::Delete(list_key), ChangePart::kOther);
    return;
  }
  const Item summary = EncodeSummary(after);
  change.Add(WriteOp::Put(list_key, summary), ChangePart::kOther);
  change.Add(WriteOp::Put(StatusItemKey(after, shard), summary), ChangePart::kOther);
}

void AddEmailItems(Change& change, const UserRecord* before, const UserRecord& after) {
  const bool had = before != nullptr && IsListed(before->user);
  const bool has = IsListed(after.user);
  if (had && has && EqualIgnoringAsciiCase(before->user.email, after.user.email)) return;
  if (has) {
    change.Add(
        WriteOp::Put(EmailKey(after.user.email), EncodeEmailOwner(after), Condition::Absent()),
        ChangePart::kEmailClaim);
  }
  if (had) {
    change.Add(WriteOp::Delete(EmailKey(before->user.email),
                               Condition::StringEquals("userId", before->user.user_id)),
               ChangePart::kOther);
  }
}

}  // namespace

std::uint32_t ShardOf(std::string_view user_id, std::uint32_t shards) {
  const Sha256Digest digest = Sha256(user_id);
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = (number << 8) | digest[i];
  return number % shards;
}

Key ProfileKey(std::string_view user_id) {
  return Key(Table::kUsers, Joined(kProfilePrefix, user_id), "PROFILE");
}

Key AuditKey(std::string_view chain, std::uint64_t version) {
  return Key(Table::kUsers, AuditPartition(chain), VersionSort(version));
}

Key EmailKey(std::string_view email) {
  return Key(Table::kUsers, Joined("USER_EMAIL#", ToHex(Sha256(LowerAscii(email)))), "USER");
}

Key ListItemKey(std::string_view user_id, std::uint32_t shard) {
  return Key(Table::kUsers, ListPartition(std::nullopt, shard), ListSort(user_id));
}

storage::QueryRange ListRange(const ListFilter& filter, std::uint32_t shards,
                              std::string_view after, std::size_t limit) {
  std::vector<std::string> partitions;
  for (std::uint32_t shard = 0; shard < shards; ++shard) {
    partitions.push_back(ListPartition(filter.status, shard));
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
  change.Add(WriteOp::Put(ProfileKey(after.user.user_id), EncodeProfile(after),
                          Condition::NumberEquals("version",
                                                  static_cast<std::int64_t>(before.user.version))),
             ChangePart::kProfile);
  change.Add(WriteOp::Put(AuditKey(entry.user_id, entry.version), EncodeAuditEntry(entry),
                          Condition::Absent()),
             ChangePart::kAuditEntry);
  AddEmailItems(change, &before, after);
  AddListItems(change, &before.user, after.user, after.shard);
}

void AddIndexItems(Change& change, const UserRecord& record) {
  if (!IsListed(record.user)) return;
  AddEmailItems(change, nullptr, record);
  AddListItems(change, nullptr, record.user, record.shard);
}

Item EncodeProfile(const UserRecord& record) {
  const domain::User& user = record.user;
  const std::string metadata = EncodeMetadata(user.metadata);
  Item item = NewItem(kFrameOfAnItem + user.email.size() + user.name.size() + metadata.size());
  item.SetString("userId", user.user_id);
  item.SetString("email", user.email);
  item.SetString("name", user.name);
  item.SetString("status", NameOf(user.status));
  item.SetString("roles", Join(user.roles));
  item.SetString("metadata", metadata);
  item.SetNumber("version", static_cast<std::int64_t>(user.version));
  item.SetNumber("createdAt", ToNumber(user.created_at));
  item.SetNumber("updatedAt", ToNumber(user.updated_at));
  item.SetBinary("headHash", AsText(record.head_hash));
  item.SetNumber("shard", record.shard);
  return item;
}

Item EncodeAuditEntry(const domain::AuditEntry& entry) {
  const bool is_of_user = entry.subject.empty();
  const bool is_first_format =
      !entry.reason && !entry.role && !entry.status && !entry.changed_fields;
  const std::int64_t format = is_first_format ? kItemFormat : kAuditItemFormat;
  Item item = NewItem(2 * kFrameOfAnItem + entry.actor.size() + entry.correlation_id.size() +
                          entry.reason.value_or("").size() + entry.changes.size(),
                      is_of_user ? format : kSubjectEntryFormat);
  item.SetString("eventId", entry.event_id);
  item.SetNumber("schema", domain::kAuditSchema);
  item.SetNumber("timestamp", ToNumber(entry.timestamp));
  item.SetString("action", entry.action);
  item.SetString("actor", entry.actor);
  if (is_of_user) item.SetString("accessKeyId", entry.access_key_id);
  item.SetString("correlationId", entry.correlation_id);
  item.SetString("changes", entry.changes);
  item.SetBinary("salt", AsText(entry.salt));
  item.SetBinary("changesHash", AsText(entry.changes_hash));
  item.SetBinary("prevHash", AsText(entry.prev_hash));
  item.SetBinary("hash", AsText(entry.hash));
  if (entry.changed_fields) {
    const char between = is_of_user ? kBetweenNames : kBetweenKeys;
    item.SetString("changedFields", Join(*entry.changed_fields, between));
  }
  if (entry.role) item.SetString("role", *entry.role);
  if (entry.status) item.SetString("status", *entry.status);
  if (entry.reason) item.SetString("reason", *entry.reason);
  return item;
}

Result<UserRecord> DecodeProfile(const Item& item) {
  ItemReader reader(item);
  UserRecord record;
  domain::User& user = record.user;
  user.user_id = reader.String("userId");
  user.email = reader.String("email");
  user.name = reader.String("name");
  user.status = ReadStatus(reader);
  user.roles = SplitJoined(reader.String("roles"));
  user.metadata = ReadMetadata(reader, "metadata");
  user.version = static_cast<std::uint64_t>(reader.Number("version"));
  user.created_at = ReadTime(reader, "createdAt");
  user.updated_at = ReadTime(reader, "updatedAt");
  record.head_hash = reader.Bytes<32>("headHash");
  record.shard = static_cast<std::uint32_t>(reader.Number("shard"));
  if (!reader.ok()) return reader.error();
  return record;
}

Result<domain::UserSummary> DecodeSummary(const Item& item) {
  ItemReader reader(item);
  domain::UserSummary summary;
  summary.user_id = reader.String("userId");
  summary.email = reader.String("email");
  summary.name = reader.String("name");
  summary.status = ReadStatus(reader);
  summary.roles = SplitJoined(reader.String("roles"));
  summary.created_at = ReadTime(reader, "createdAt");
  summary.version = static_cast<std::uint64_t>(reader.Number("version"));
  if (!reader.ok()) return reader.error();
  return summary;
}

Result<EmailOwner> DecodeEmailOwner(const Item& item) {
  ItemReader reader(item);
  EmailOwner owner;
  owner.user_id = reader.String("userId");
  owner.shard = static_cast<std::uint32_t>(reader.Number("shard"));
  if (!reader.ok()) return reader.error();
  return owner;
}

Result<domain::AuditEntry> DecodeAuditEntry(std::string_view chain, const storage::Row& row) {
  return DecodeAuditEntry(AuditPartition(chain), row.sort, row.item);
}

Result<domain::AuditEntry> DecodeAuditEntry(std::string_view partition, std::string_view sort,
                                            const Item& item) {
  ItemReader reader(item, kSubjectEntryFormat);
  domain::AuditEntry entry;
  const auto chain = AuditChainOf(partition);
  if (!chain || chain->empty()) reader.MarkBroken();
  const bool is_of_user = reader.format() < kSubjectEntryFormat;
  if (!is_of_user && ParseUlid(chain.value_or(""))) reader.MarkBroken();
  (is_of_user ? entry.user_id : entry.subject) = chain.value_or("");
  for (const char digit : sort) {
    if (digit < '0' || digit > '9') reader.MarkBroken();
    entry.version = entry.version * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  entry.event_id = reader.String("eventId");
  if (reader.Number("schema") != domain::kAuditSchema) reader.MarkBroken();
  entry.timestamp = ReadTime(reader, "timestamp");
  entry.action = reader.String("action");
  entry.actor = reader.String("actor");
  if (is_of_user) entry.access_key_id = reader.String("accessKeyId");
  entry.correlation_id = reader.String("correlationId");
  entry.changes = reader.String("changes");
  entry.salt = reader.Bytes<16>("salt");
  entry.changes_hash = reader.Bytes<32>("changesHash");
  entry.prev_hash = reader.Bytes<32>("prevHash");
  entry.hash = reader.Bytes<32>("hash");
  if (reader.format() >= kAuditItemFormat) {
    const auto fields = reader.OptionalString("changedFields");
    const char between = is_of_user ? kBetweenNames : kBetweenKeys;
    if (fields) entry.changed_fields = SplitJoined(*fields, between);
    entry.role = reader.OptionalString("role");
    entry.status = reader.OptionalString("status");
    entry.reason = reader.OptionalString("reason");
  }
  if (!reader.ok()) return reader.error();
  return entry;
}

bool IsProfilePartition(std::string_view partition) {
  return partition.starts_with(kProfilePrefix);
}

std::optional<std::string_view> AuditChainOf(std::string_view partition) {
  if (!partition.starts_with(kFeedPartitionPrefix)) return std::nullopt;
  return partition.substr(kFeedPartitionPrefix.size());
}

Result<Ulid> GreatestUserId(const FindGreatestPartition& find) {
  const auto greatest = find(kProfilePrefix, kProfilePrefix.size() + Ulid::kTextSize);
  if (!greatest.ok()) return greatest.error();
  if (!greatest->has_value()) return Ulid();
  return ParseUlid(std::string_view(**greatest).substr(kProfilePrefix.size())).value_or(Ulid());
}

}  // namespace users::service
