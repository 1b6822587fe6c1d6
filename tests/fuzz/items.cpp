// Stored items (storage/item.h, storage/local/encoding.h) and the records that the service reads
// from them (service/user_records.h, service/idempotency.h, audit/chain.h). The first line of the
// input is the key, `<partition> <sort key>`. The item's bytes follow.
#include <algorithm>
#include <boost/json/parse.hpp>
#include <string>

#include "audit/chain.h"
#include "audit/entry_json.h"
#include "audit/event.h"
#include "base/json/json.h"
#include "base/text/text.h"
#include "fuzz.h"
#include "service/idempotency.h"
#include "service/user_records.h"
#include "storage/item.h"
#include "storage/local/encoding.h"

namespace users::fuzz {
namespace {

using storage::Item;

void CheckKey(std::string_view partition, std::string_view sort, std::string_view other) {
  using namespace storage::local;  // NOLINT
  const std::string key = EncodeKey(partition, sort);
  const auto decoded = DecodeKey(key);
  PROMISE(decoded && decoded->partition == partition && decoded->sort == sort);
  PROMISE(key >= PartitionPrefix(partition) && key < PartitionEnd(partition));
  // Keys of other partitions are outside the range.
  if (const auto decoded = DecodeKey(other)) {
    PROMISE(EncodeKey(decoded->partition, decoded->sort) == other);
    const bool inside = other >= PartitionPrefix(partition) && other < PartitionEnd(partition);
    PROMISE(inside == (decoded->partition == partition));
  }
  if (other.size() >= 8) {
    PROMISE(EncodePosition(DecodePosition(other.substr(0, 8))) == other.substr(0, 8));
  }
}

// Setting all attributes of an item on a new item yields the same bytes.
void CheckItem(const Item& item) {
  Item again;
  std::size_t bytes = 0;
  item.ForEach([&](const Item::Attribute& attribute) {
    bytes += attribute.name.size() + attribute.value.size();
    switch (attribute.type) {
      case Item::Type::kString:
        again.SetString(attribute.name, attribute.value);
        break;
      case Item::Type::kNumber:
        again.SetNumber(attribute.name, attribute.number());
        break;
      case Item::Type::kBinary:
        again.SetBinary(attribute.name, attribute.value);
        break;
    }
  });
  PROMISE(again == item && item.SizeInBytes() == bytes);
}

bool Same(const domain::User& a, const domain::User& b) {
  return a.user_id == b.user_id && HaveSameContent(a, b) && a.version == b.version &&
         a.created_at == b.created_at && a.updated_at == b.updated_at;
}

bool Same(const domain::AuditEntry& a, const domain::AuditEntry& b) {
  return a.event_id == b.event_id && a.user_id == b.user_id && a.subject == b.subject &&
         a.version == b.version && a.timestamp == b.timestamp && a.action == b.action &&
         a.actor == b.actor && a.access_key_id == b.access_key_id &&
         a.correlation_id == b.correlation_id && a.reason == b.reason && a.role == b.role &&
         a.status == b.status && a.changed_fields == b.changed_fields && a.changes == b.changes &&
         a.salt == b.salt && a.changes_hash == b.changes_hash && a.prev_hash == b.prev_hash &&
         a.hash == b.hash;
}

const storage::WriteOp& WriteTo(const service::Change& change, std::string_view partition_prefix) {
  const auto found =
      std::find_if(change.writes.begin(), change.writes.end(), [&](const storage::WriteOp& write) {
        return write.key().partition.starts_with(partition_prefix);
      });
  PROMISE(found != change.writes.end());
  return *found;
}

// Records that were read round-trip through writing and reading.
void CheckRecords(const service::UserRecord& record, const domain::AuditEntry& entry) {
  service::Change change;
  service::AddCreation(change, record, entry);
  PROMISE(change.writes.size() == change.parts.size());
  const auto record_again = service::DecodeProfile(WriteTo(change, "USER#").item());
  PROMISE(record_again.ok() && Same(record_again->user, record.user));
  PROMISE(record_again->head_hash == record.head_hash && record_again->shard == record.shard);
  PROMISE(record_again->item_generation == record.item_generation);
  const storage::WriteOp& write = WriteTo(change, "AUDIT#");
  const auto entry_again =
      service::DecodeAuditEntry(write.key().partition, write.key().sort, write.item());
  PROMISE(entry_again.ok() && Same(*entry_again, entry));
  if (record.user.status != domain::UserStatus::kDeleted) {
    const auto summary = service::DecodeSummary(WriteTo(change, "USER_LIST#").item());
    PROMISE(summary.ok() && summary->email == record.user.email);
    PROMISE(summary->roles == record.user.roles && summary->version == record.user.version);
    PROMISE(summary->external_id == record.user.external_id);
    PROMISE(summary->user_name == record.user.user_name);
    const auto check_owner = [&](std::string_view partition_prefix) {
      const auto owner = service::DecodeReference(WriteTo(change, partition_prefix).item());
      PROMISE(owner.ok() && owner->user_id == record.user.user_id && owner->shard == record.shard);
    };
    check_owner("USER_EMAIL#");
    if (record.user.external_id) check_owner("USER_EXTERNAL#");
    if (record.user.user_name) check_owner("USER_NAME#");
    if (!record.user.roles.empty() && record.item_generation == service::kItemGeneration) {
      check_owner("USER_ROLE#");
    }
  }
}

void CheckSubjectEntry(const domain::AuditEntry& entry) {
  const storage::Key key = service::AuditKey(entry.chain(), entry.version);
  const auto again =
      service::DecodeAuditEntry(key.partition, key.sort, service::EncodeAuditEntry(entry));
  PROMISE(again.ok() && Same(*again, entry));
}

// Formats an entry as the checker and the audit query do.
void CheckEntryJson(const domain::AuditEntry& entry) {
  audit::EventEnvelope(entry, {"000000000000", "us-east-1"});
  const auto text_is_json = [](std::string_view text) {
    boost::json::error_code error;
    boost::json::parse(text, error);
    return !error;
  };
  bool valid = text_is_json(entry.changes);
  for (const std::string* text : {&entry.event_id, &entry.user_id, &entry.subject, &entry.action,
                                  &entry.actor, &entry.access_key_id, &entry.correlation_id}) {
    valid = valid && IsValidUtf8(*text);
  }
  for (const auto* text : {&entry.reason, &entry.role, &entry.status}) {
    valid = valid && IsValidUtf8(text->value_or(""));
  }
  const auto parsed = json::Parse(audit::EntryJson(entry, audit::EntryView::kWhole));
  if (!parsed.ok()) {
    // Nesting the changes one level deeper may exceed the limit.
    PROMISE(!valid || entry.changes.find(std::string(16, '[')) != std::string::npos ||
            std::count(entry.changes.begin(), entry.changes.end(), '{') +
                    std::count(entry.changes.begin(), entry.changes.end(), '[') >=
                32);
    return;
  }
  const auto* object = parsed->value.if_object();
  PROMISE(object != nullptr);
  // Random input never has the right hashes.
  audit::ChainVerifier verifier;
  PROMISE(verifier.Add(*object).has_value());
}

void CheckIdempotencyRecord(const Item& item) {
  const Timestamp now = *ParseTimestamp("2026-11-22T21:09:35Z");
  const auto record = service::LiveRecord(item, now);
  if (!record.ok() || !*record) return;
  const service::IdempotencyScope scope{"owner", "operation", "target", "key"};
  const storage::Key key = service::IdempotencyItemKey(scope);
  const service::IdempotencyRecord renewed =
      service::MakeRecord((*record)->request_hash, (*record)->response, now);
  const storage::WriteOp put = service::PutRecord(key, renewed, now);
  PROMISE(!service::IsWithoutCommitment(key, renewed));
  const auto again = service::LiveRecord(put.item(), now);
  PROMISE(again.ok() && *again && (*again)->request_hash == (*record)->request_hash);
  PROMISE((*again)->response.status == (*record)->response.status);
  PROMISE((*again)->response.body == (*record)->response.body);
  PROMISE((*again)->response.version == (*record)->response.version);
  PROMISE((*again)->response.location == (*record)->response.location);
  PROMISE(service::SaltFor(key, **again) == service::SaltFor(key, renewed));
  const auto expired = service::LiveRecord(
      put.item(), now + service::kIdempotencyLifetime + std::chrono::seconds(1));
  PROMISE(expired.ok() && !*expired);
}

void Test(std::string_view input) {
  const std::string_view key = TakeLine(input);
  const std::size_t space = std::min(key.find(' '), key.size());
  const std::string_view partition = key.substr(0, space);
  const std::string_view sort = key.substr(std::min(space + 1, key.size()));
  CheckKey(partition, sort, input);

  const auto item = Item::FromEncoded(std::string(input));
  if (!item) return;
  CheckItem(*item);
  CheckIdempotencyRecord(*item);
  (void)service::DecodeSummary(*item);
  (void)service::DecodeReference(*item);
  auto record = service::DecodeProfile(*item);
  auto entry = service::DecodeAuditEntry(partition, sort, *item);
  if (entry.ok()) CheckEntryJson(*entry);
  if (!record.ok() && !entry.ok()) return;
  const service::UserRecord no_record;
  const domain::AuditEntry no_entry;
  const service::UserRecord& read_record = record.ok() ? *record : no_record;
  const auto& roles = read_record.user.roles;
  // Role names are never empty. Only a list with an empty role name could be read differently.
  if (std::find(roles.begin(), roles.end(), "") != roles.end()) return;
  // The same for names of fields.
  const auto fields = entry.ok() ? entry->changed_fields.value_or(roles) : roles;
  if (std::find(fields.begin(), fields.end(), "") != fields.end()) return;
  if (entry.ok() && !entry->subject.empty()) return CheckSubjectEntry(*entry);
  CheckRecords(read_record, entry.ok() ? *entry : no_entry);
}

}  // namespace
}  // namespace users::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  users::fuzz::Test(users::fuzz::AsInput(data, size));
  return 0;
}
