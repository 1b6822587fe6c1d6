#include "service/user_items.h"

#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>

#include "base/json/json.h"
#include "base/text/text.h"
#include "base/ulid.h"
#include "service/item_format.h"

namespace users::service {
namespace {

using storage::Item;

// The format of profiles and summaries that have handles besides the email address. Programs that
// know only the first format would drop these handles when they rewrite the user.
constexpr std::int64_t kHandleItemFormat = 2;

// The format of audit items that have any of changedFields, role, status and reason. Programs that
// know only the first format would leave these members out, and the entry would not verify. They
// must find a newer format instead.
constexpr std::int64_t kAuditItemFormat = 2;

// The format of entries about a subject, which only some programs know.
constexpr std::int64_t kSubjectEntryFormat = 3;

// The attribute names, sizes, and the values of nearly constant length.
constexpr std::size_t kFrameOfAnItem = 256;

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
  for (PartReader reader(joined, between); const auto name = reader.Next();) {
    names.emplace_back(*name);
  }
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

domain::UserStatus ReadStatus(ItemReader& reader) {
  const auto status = domain::ParseUserStatus(reader.String("status"));
  if (!status) reader.MarkBroken();
  return status.value_or(domain::UserStatus::kDeleted);
}

std::int64_t FormatOf(const domain::User& user) {
  return user.external_id || user.user_name ? kHandleItemFormat : kItemFormat;
}

// The bytes of the texts that most users have.
std::size_t SizeOfTexts(const domain::User& user) {
  return user.email.size() + user.name.size() + user.external_id.value_or("").size() +
         user.user_name.value_or("").size();
}

void SetHandles(Item& item, const domain::User& user) {
  if (user.external_id) item.SetString("externalId", *user.external_id);
  if (user.user_name) item.SetString("userName", *user.user_name);
}

// Reads what SetHandles has set, into a User or a UserSummary.
template <class T>
void ReadHandles(ItemReader& reader, T& user) {
  if (reader.format() != kHandleItemFormat) return;
  user.external_id = reader.OptionalString("externalId");
  user.user_name = reader.OptionalString("userName");
}

}  // namespace

Item EncodeSummary(const domain::User& user) {
  Item item = NewItem(kFrameOfAnItem + SizeOfTexts(user), FormatOf(user));
  item.SetString("userId", user.user_id);
  item.SetString("email", user.email);
  item.SetString("name", user.name);
  item.SetString("status", NameOf(user.status));
  item.SetString("roles", Join(user.roles));
  item.SetNumber("createdAt", ToNumber(user.created_at));
  item.SetNumber("version", static_cast<std::int64_t>(user.version));
  SetHandles(item, user);
  return item;
}

Item EncodeReference(const UserRecord& record) {
  Item item = NewItem();
  item.SetString("userId", record.user.user_id);
  item.SetNumber("shard", record.shard);
  return item;
}

Item EncodeProfile(const UserRecord& record) {
  const domain::User& user = record.user;
  const std::string metadata = EncodeMetadata(user.metadata);
  Item item = NewItem(kFrameOfAnItem + SizeOfTexts(user) + metadata.size(), FormatOf(user));
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
  SetHandles(item, user);
  if (record.item_generation != kFirstItemGeneration) {
    item.SetNumber("items", record.item_generation);
  }
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
  ItemReader reader(item, kHandleItemFormat);
  UserRecord record;
  domain::User& user = record.user;
  user.user_id = reader.String("userId");
  user.email = reader.String("email");
  user.name = reader.String("name");
  user.status = ReadStatus(reader);
  user.roles = SplitJoined(reader.String("roles"));
  user.metadata = ReadMetadata(reader, "metadata");
  user.version = static_cast<std::uint64_t>(reader.Number("version"));
  user.created_at = reader.Time("createdAt");
  user.updated_at = reader.Time("updatedAt");
  record.head_hash = reader.Bytes<32>("headHash");
  record.shard = static_cast<std::uint32_t>(reader.Number("shard"));
  ReadHandles(reader, user);
  record.item_generation = reader.OptionalNumber("items").value_or(kFirstItemGeneration);
  if (!reader.ok()) return reader.error();
  return record;
}

Result<domain::UserSummary> DecodeSummary(const Item& item) {
  ItemReader reader(item, kHandleItemFormat);
  domain::UserSummary summary;
  summary.user_id = reader.String("userId");
  summary.email = reader.String("email");
  summary.name = reader.String("name");
  summary.status = ReadStatus(reader);
  summary.roles = SplitJoined(reader.String("roles"));
  summary.created_at = reader.Time("createdAt");
  summary.version = static_cast<std::uint64_t>(reader.Number("version"));
  ReadHandles(reader, summary);
  if (!reader.ok()) return reader.error();
  return summary;
}

Result<UserReference> DecodeReference(const Item& item) {
  ItemReader reader(item);
  UserReference reference;
  reference.user_id = reader.String("userId");
  reference.shard = static_cast<std::uint32_t>(reader.Number("shard"));
  if (!reader.ok()) return reader.error();
  return reference;
}

Result<domain::AuditEntry> DecodeAuditItem(std::string_view chain, std::string_view sort,
                                           const Item& item) {
  ItemReader reader(item, kSubjectEntryFormat);
  const bool is_of_user = reader.format() < kSubjectEntryFormat;
  domain::AuditEntry entry;
  if (!is_of_user && (chain.empty() || ParseUlid(chain))) reader.MarkBroken();
  (is_of_user ? entry.user_id : entry.subject) = chain;
  for (const char digit : sort) {
    if (digit < '0' || digit > '9') reader.MarkBroken();
    entry.version = entry.version * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  entry.event_id = reader.String("eventId");
  if (reader.Number("schema") != domain::kAuditSchema) reader.MarkBroken();
  entry.timestamp = reader.Time("timestamp");
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

}  // namespace users::service
