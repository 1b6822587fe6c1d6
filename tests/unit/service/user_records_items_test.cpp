// What the items of a user contain, and how they are read back (service/user_records.h).
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/records.h"

namespace users::service {
namespace {

using storage::Item;

constexpr std::string_view kAuditPartition = "AUDIT#01ARZ3NDEKTSV4RRFFQ69G5FAW";

// The items that a creation writes.
struct Items {
  explicit Items(const UserRecord& record = testing::StoredUser(),
                 const domain::AuditEntry& entry = testing::UnsealedEntry(1)) {
    Change change;
    AddCreation(change, record, entry);
    for (const storage::WriteOp& op : change.writes) {
      const std::string& partition = op.key().partition;
      if (partition.starts_with("USER#")) profile = op.item();
      if (partition.starts_with("AUDIT#")) audit_entry = op.item();
      if (partition.starts_with("USER_EMAIL#")) email_owner = op.item();
      if (partition.starts_with("USER_EXTERNAL#")) external_id_owner = op.item();
      if (partition.starts_with("USER_NAME#")) user_name_owner = op.item();
      if (partition.starts_with("USER_ROLE#")) role_item = op.item();
      if (partition.starts_with("USER_LIST#")) list_item = op.item();
      if (partition.starts_with("USER_STATUS#")) status_item = op.item();
    }
  }

  Item profile, audit_entry, email_owner, external_id_owner, user_name_owner, role_item;
  Item list_item, status_item;
};

UserRecord WithHandles() {
  UserRecord record = testing::StoredUser();
  record.user.external_id = "E-1";
  record.user.user_name = "Ada";
  return record;
}

bool SameUser(const domain::User& a, const domain::User& b) {
  return a.user_id == b.user_id && HaveSameContent(a, b) && a.version == b.version &&
         a.created_at == b.created_at && a.updated_at == b.updated_at;
}

// Valid UTF-8, including characters that JSON escapes.
std::string AnyText() {
  std::string text;
  for (const std::string& piece : *rc::gen::container<std::vector<std::string>>(
           rc::gen::element<std::string>("a", "Z", " ", "\"", "\\", "/", "{", "}", ",", "\x7F",
                                         "\xC3\xA4", "\xE2\x80\xA8", "\xF0\x9F\x98\x80"))) {
    text += piece;
  }
  return text;
}

RC_GTEST_PROP(Profile, RoundTrips, ()) {
  UserRecord record = testing::StoredUser(*rc::gen::inRange<std::uint64_t>(1, 1'000'000));
  record.user.email = AnyText();
  record.user.name = AnyText();
  if (*rc::gen::arbitrary<bool>()) record.user.external_id = AnyText();
  if (*rc::gen::arbitrary<bool>()) record.user.user_name = AnyText();
  record.item_generation = *rc::gen::element(kFirstItemGeneration, kItemGeneration);
  record.user.status =
      *rc::gen::element(domain::UserStatus::kActive, domain::UserStatus::kDisabled);
  record.user.roles.clear();
  for (int i = *rc::gen::inRange(0, 5); i > 0; --i) {
    record.user.roles.insert(record.user.roles.begin(), "role-" + std::to_string(i));
  }
  record.user.metadata.clear();
  for (int i = *rc::gen::inRange(0, 5); i > 0; --i) record.user.metadata[AnyText()] = AnyText();
  record.user.created_at += std::chrono::milliseconds(*rc::gen::inRange(-1'000'000, 1'000'000));
  record.shard = *rc::gen::inRange<std::uint32_t>(0, kMaxListShards);

  const Items items(record);
  const auto profile = DecodeProfile(items.profile);
  RC_ASSERT(profile.ok());
  RC_ASSERT(SameUser(profile->user, record.user));
  RC_ASSERT(profile->head_hash == record.head_hash);
  RC_ASSERT(profile->shard == record.shard);
  RC_ASSERT(profile->item_generation == record.item_generation);
  RC_ASSERT(EncodeProfile(*profile).encoded() == items.profile.encoded());

  RC_ASSERT(items.list_item == items.status_item);
  const auto summary = DecodeSummary(items.list_item);
  RC_ASSERT(summary.ok());
  RC_ASSERT(summary->user_id == record.user.user_id);
  RC_ASSERT(summary->email == record.user.email);
  RC_ASSERT(summary->name == record.user.name);
  RC_ASSERT(summary->external_id == record.user.external_id);
  RC_ASSERT(summary->user_name == record.user.user_name);
  RC_ASSERT(summary->status == record.user.status);
  RC_ASSERT(summary->roles == record.user.roles);
  RC_ASSERT(summary->version == record.user.version);
  RC_ASSERT(summary->created_at == record.user.created_at);

  const auto owner = DecodeReference(items.email_owner);
  RC_ASSERT(owner.ok());
  RC_ASSERT(owner->user_id == record.user.user_id);
  RC_ASSERT(owner->shard == record.shard);
}

RC_GTEST_PROP(AuditItem, RoundTrips, ()) {
  domain::AuditEntry entry =
      testing::UnsealedEntry(*rc::gen::inRange<std::uint64_t>(1, 9'999'999'999));
  entry.actor = AnyText();
  entry.correlation_id = AnyText();
  entry.action = *rc::gen::element<std::string>("USER_CREATED", "A_LATER_ACTION");
  entry.salt.fill(*rc::gen::arbitrary<std::uint8_t>());
  entry.changes_hash = Sha256(AnyText());
  entry.prev_hash = Sha256(AnyText());
  entry.hash = Sha256(AnyText());
  // Each of the later members alone, all of them, or none.
  if (*rc::gen::arbitrary<bool>()) entry.changed_fields.reset();
  if (*rc::gen::arbitrary<bool>()) entry.role = "admin";
  if (*rc::gen::arbitrary<bool>()) entry.status = AnyText();
  if (*rc::gen::arbitrary<bool>()) entry.reason = AnyText();

  Change change;
  AddCreation(change, testing::StoredUser(), entry);
  const storage::WriteOp& put = change.writes[1];
  RC_ASSERT(put.key().sort.size() == 10U);
  const auto read = DecodeAuditEntry(put.key().partition, put.key().sort, put.item());
  RC_ASSERT(read.ok());
  RC_ASSERT(read->event_id == entry.event_id);
  RC_ASSERT(read->user_id == entry.user_id);
  RC_ASSERT(read->version == entry.version);
  RC_ASSERT(read->timestamp == entry.timestamp);
  RC_ASSERT(read->action == entry.action);
  RC_ASSERT(read->actor == entry.actor);
  RC_ASSERT(read->access_key_id == entry.access_key_id);
  RC_ASSERT(read->correlation_id == entry.correlation_id);
  RC_ASSERT(read->reason == entry.reason);
  RC_ASSERT(read->role == entry.role);
  RC_ASSERT(read->status == entry.status);
  RC_ASSERT(read->changed_fields == entry.changed_fields);
  RC_ASSERT(read->changes == entry.changes);
  RC_ASSERT(read->salt == entry.salt);
  RC_ASSERT(read->changes_hash == entry.changes_hash);
  RC_ASSERT(read->prev_hash == entry.prev_hash);
  RC_ASSERT(read->hash == entry.hash);
  RC_ASSERT(EncodeAuditEntry(*read).encoded() == put.item().encoded());
  const auto by_row = DecodeAuditEntry(entry.user_id, storage::Row{put.key().sort, put.item()});
  RC_ASSERT(by_row.ok());
  RC_ASSERT(by_row->hash == entry.hash);
}

// Returns the item with one attribute removed or replaced.
Item With(const Item& item, std::string_view name, const std::function<void(Item&)>& replace) {
  Item changed;
  item.ForEach([&](const Item::Attribute& attribute) {
    if (attribute.name == name) return;
    if (attribute.type == Item::Type::kString) changed.SetString(attribute.name, attribute.value);
    if (attribute.type == Item::Type::kNumber)
      changed.SetNumber(attribute.name, attribute.number());
    if (attribute.type == Item::Type::kBinary) changed.SetBinary(attribute.name, attribute.value);
  });
  replace(changed);
  return changed;
}

std::set<std::string> NamesOf(const Item& item) {
  std::set<std::string> names;
  item.ForEach([&](const Item::Attribute& attribute) { names.emplace(attribute.name); });
  return names;
}

// The error code with which each decoder rejects an item, or nothing.
using Decoder = std::function<std::optional<ErrorCode>(const Item&)>;

template <class T>
std::optional<ErrorCode> CodeOf(const Result<T>& result) {
  if (result.ok()) return std::nullopt;
  return result.error().code;
}

struct Kind {
  const char* name;
  std::int64_t format;
  Item item;
  Decoder decode;
};

std::vector<Kind> AllKinds() {
  const Items items;
  const Items with_handles(WithHandles());
  return {
      {"profile", 1, items.profile, [](const Item& item) { return CodeOf(DecodeProfile(item)); }},
      {"list", 1, items.list_item, [](const Item& item) { return CodeOf(DecodeSummary(item)); }},
      {"profile with handles", 2, with_handles.profile,
       [](const Item& item) { return CodeOf(DecodeProfile(item)); }},
      {"list with handles", 2, with_handles.list_item,
       [](const Item& item) { return CodeOf(DecodeSummary(item)); }},
      {"email", 1, items.email_owner,
       [](const Item& item) { return CodeOf(DecodeReference(item)); }},
      {"external id", 1, with_handles.external_id_owner,
       [](const Item& item) { return CodeOf(DecodeReference(item)); }},
      {"user name", 1, with_handles.user_name_owner,
       [](const Item& item) { return CodeOf(DecodeReference(item)); }},
      {"role", 1, items.role_item, [](const Item& item) { return CodeOf(DecodeReference(item)); }},
      {"entry", 2, items.audit_entry,
       [](const Item& item) {
         return CodeOf(DecodeAuditEntry(kAuditPartition, "0000000001", item));
       }},
      {"entry of the first format", 1,
       Items(testing::StoredUser(), testing::EntryOfTheFirstForm(1)).audit_entry,
       [](const Item& item) {
         return CodeOf(DecodeAuditEntry(kAuditPartition, "0000000001", item));
       }},
  };
}

// The absence of changedFields changes the hash of the entry. The check compares the others with what
// the entries rebuild.
const std::set<std::string> kOptional = {"changedFields", "externalId", "userName", "items"};

TEST(Items, AreBrokenWithoutAnyOfTheirAttributes) {
  for (const Kind& kind : AllKinds()) {
    EXPECT_EQ(kind.decode(kind.item), std::nullopt) << kind.name;
    for (const std::string& name : NamesOf(kind.item)) {
      if (kOptional.contains(name)) continue;
      EXPECT_EQ(kind.decode(With(kind.item, name, [](Item&) {})), ErrorCode::kInternal)
          << kind.name << " without " << name;
    }
  }
}

TEST(Items, AreUnavailableInANewerFormat) {
  for (const Kind& kind : AllKinds()) {
    EXPECT_EQ(kind.item.FindNumber("v"), kind.format) << kind.name;
    const Item newer = With(kind.item, "v", [](Item& item) { item.SetNumber("v", 3); });
    EXPECT_EQ(kind.decode(newer), ErrorCode::kUnavailable) << kind.name;
  }
}

TEST(Items, AreBrokenWithInvalidValues) {
  const Items items;
  for (const char* status : {"", "Active", "gone"}) {
    const Item broken =
        With(items.profile, "status", [&](Item& item) { item.SetString("status", status); });
    EXPECT_FALSE(DecodeProfile(broken).ok()) << status;
  }
  for (const char* metadata : {"", "null", "[]", "{", "{\"a\":\"b\"} x", "{\"a\":1}",
                               "{\"a\":\"b\",\"c\":null}", "{\"a\":{}}"}) {
    const Item broken =
        With(items.profile, "metadata", [&](Item& item) { item.SetString("metadata", metadata); });
    EXPECT_FALSE(DecodeProfile(broken).ok()) << metadata;
  }
  const Item short_hash =
      With(items.profile, "headHash", [](Item& item) { item.SetBinary("headHash", "short"); });
  EXPECT_FALSE(DecodeProfile(short_hash).ok());
  for (const std::int64_t schema : {0, 2}) {
    const Item entry =
        With(items.audit_entry, "schema", [&](Item& item) { item.SetNumber("schema", schema); });
    EXPECT_FALSE(DecodeAuditEntry(kAuditPartition, "0000000001", entry).ok()) << schema;
  }
}

TEST(Items, AreBrokenIfAnOptionalAttributeHasAnotherType) {
  const Items items(WithHandles());
  for (const char* name : {"externalId", "userName"}) {
    const auto number = [&](Item& item) { item.SetNumber(name, 1); };
    EXPECT_FALSE(DecodeProfile(With(items.profile, name, number)).ok()) << name;
    EXPECT_FALSE(DecodeSummary(With(items.list_item, name, number)).ok()) << name;
  }
  const auto text = [](Item& item) { item.SetString("items", "2"); };
  EXPECT_FALSE(DecodeProfile(With(items.profile, "items", text)).ok());
}

// Programs that know only the first format must not rewrite a user whose handles they would drop.
TEST(Items, HaveTheLaterFormatOnlyWithTheLaterHandles) {
  for (const bool has_external_id : {false, true}) {
    for (const bool has_user_name : {false, true}) {
      UserRecord record = WithHandles();
      if (!has_external_id) record.user.external_id.reset();
      if (!has_user_name) record.user.user_name.reset();
      const std::int64_t format = has_external_id || has_user_name ? 2 : 1;
      const Items items(record);
      EXPECT_EQ(items.profile.FindNumber("v"), format);
      EXPECT_EQ(items.list_item.FindNumber("v"), format);
      EXPECT_EQ(items.profile.Has("externalId"), has_external_id);
      EXPECT_EQ(items.list_item.Has("userName"), has_user_name);
    }
  }
}

// A profile as programs wrote it before users had generations of items.
TEST(ProfileItem, OfTheFirstGenerationIsKeptByteForByte) {
  UserRecord record = testing::StoredUser();
  EXPECT_EQ(EncodeProfile(record).FindNumber("items"), 2);
  record.item_generation = kFirstItemGeneration;
  const Item item = EncodeProfile(record);
  EXPECT_FALSE(item.Has("items"));
  const auto read = DecodeProfile(item);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->item_generation, kFirstItemGeneration);
  EXPECT_EQ(EncodeProfile(*read).encoded(), item.encoded());
}

// Such a time cannot be formatted, and arithmetic on some of these times overflows.
TEST(Items, AreBrokenWithTimesOutOfRange) {
  constexpr std::int64_t kYear0 = -62'167'219'200'000;
  constexpr std::int64_t kYear10000 = 253'402'300'800'000;
  const auto decodes = [](const Item& item, const char* name, std::int64_t time) {
    const Item with = With(item, name, [&](Item& changed) { changed.SetNumber(name, time); });
    return std::string_view(name) == "timestamp"
               ? DecodeAuditEntry(kAuditPartition, "0000000001", with).ok()
               : DecodeProfile(with).ok();
  };
  const Items items;
  for (const auto& [item, name] :
       {std::pair(&items.audit_entry, "timestamp"), std::pair(&items.profile, "createdAt"),
        std::pair(&items.profile, "updatedAt")}) {
    for (const std::int64_t good : {kYear0, std::int64_t{0}, kYear10000 - 1}) {
      EXPECT_TRUE(decodes(*item, name, good)) << name << " " << good;
    }
    for (const std::int64_t bad : {std::numeric_limits<std::int64_t>::min(), kYear0 - 1, kYear10000,
                                   std::numeric_limits<std::int64_t>::max()}) {
      EXPECT_FALSE(decodes(*item, name, bad)) << name << " " << bad;
    }
  }
}

TEST(AuditItem, IsReadOnlyUnderItsOwnKey) {
  const Item item = Items().audit_entry;
  EXPECT_TRUE(DecodeAuditEntry(kAuditPartition, "0000000001", item).ok());
  for (const std::string_view partition : {"", "AUDIT", "USER#01A", "audit#01A"}) {
    EXPECT_FALSE(DecodeAuditEntry(partition, "0000000001", item).ok()) << partition;
  }
  for (const std::string_view sort : {"000000000x", "-000000001", " 000000001", "PROFILE"}) {
    EXPECT_FALSE(DecodeAuditEntry(kAuditPartition, sort, item).ok()) << sort;
  }
}

// An item as programs wrote it before entries had changedFields, role, status and reason.
TEST(AuditItem, OfTheFirstFormatIsKeptByteForByte) {
  const domain::AuditEntry entry = testing::EntryOfTheFirstForm(1);
  Item item;
  item.SetNumber("v", 1).SetString("eventId", entry.event_id).SetNumber("schema", 1);
  item.SetNumber("timestamp", entry.timestamp.time_since_epoch().count());
  item.SetString("action", entry.action).SetString("actor", entry.actor);
  item.SetString("accessKeyId", entry.access_key_id);
  item.SetString("correlationId", entry.correlation_id).SetString("changes", entry.changes);
  item.SetBinary("salt", AsText(entry.salt)).SetBinary("changesHash", AsText(entry.changes_hash));
  item.SetBinary("prevHash", AsText(entry.prev_hash)).SetBinary("hash", AsText(entry.hash));
  const auto read = DecodeAuditEntry(kAuditPartition, "0000000001", item);
  ASSERT_TRUE(read.ok());
  EXPECT_FALSE(read->changed_fields || read->role || read->status || read->reason);
  EXPECT_EQ(EncodeAuditEntry(*read).encoded(), item.encoded());
}

TEST(AuditItem, IsBrokenIfALaterMemberHasAnotherType) {
  for (const char* name : {"changedFields", "role", "status", "reason"}) {
    const Item broken =
        With(Items().audit_entry, name, [&](Item& item) { item.SetNumber(name, 1); });
    EXPECT_FALSE(DecodeAuditEntry(kAuditPartition, "0000000001", broken).ok()) << name;
  }
}

// Each item of a typical registration stays below 1 KB, the unit that writes are charged by.
TEST(Items, StayBelowOneKilobyte) {
  domain::AuditEntry entry = testing::UnsealedEntry(1);
  entry.changed_fields = std::vector<std::string>{"email", "metadata", "name", "roles", "status"};
  const Items items(WithHandles(), entry);
  for (const Item& item : {items.profile, items.audit_entry, items.email_owner, items.list_item,
                           items.user_name_owner, items.role_item}) {
    EXPECT_LT(item.SizeInBytes(), 1000U);
  }
}

}  // namespace
}  // namespace users::service
