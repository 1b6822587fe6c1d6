#include "service/idempotency.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "support/audit_entries.h"

namespace users::service {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using testing::kMorning;

const IdempotencyScope kScope{"arn:aws:iam::123456789012:user/clerk", "users_register_create", "",
                              "k-1"};

IdempotencyRecord SampleAt(Timestamp now) {
  StoredResponse response;
  response.status = 201;
  response.body = "{\"name\":\"Ada L\xC3\xB6velace\"}";
  response.version = 1;
  response.location = "/users/01A";
  return MakeRecord(Sha256("request"), std::move(response), now);
}

storage::WriteOp PutAt(Timestamp now) {
  return PutRecord(IdempotencyItemKey(kScope), SampleAt(now), now);
}

std::optional<storage::Item> StoredAt(Timestamp now) {
  return PutAt(now).item();
}

bool IsAlive(const std::optional<storage::Item>& item, Timestamp now) {
  const auto live = LiveRecord(item, now);
  EXPECT_TRUE(live.ok());
  return live->has_value();
}

// Returns whether the store will accept a new record under the key.
bool MayBeReplaced(const std::optional<storage::Item>& item, Timestamp now) {
  return PutAt(now).condition().Holds(item ? &*item : nullptr);
}

TEST(IdempotencyRecord, RoundTrips) {
  const auto live = LiveRecord(StoredAt(kMorning), kMorning);
  ASSERT_TRUE(live.ok());
  ASSERT_TRUE(live->has_value());
  const IdempotencyRecord& record = **live;
  EXPECT_EQ(record.request_hash, Sha256("request"));
  EXPECT_EQ(record.response.status, 201);
  EXPECT_EQ(record.response.body, SampleAt(kMorning).response.body);
  EXPECT_EQ(record.response.version, 1U);
  EXPECT_EQ(record.response.location, "/users/01A");
}

TEST(IdempotencyRecord, ExpiresAfterOneDay) {
  for (const Timestamp now : {kMorning, Timestamp(milliseconds(1'795'381'775'000)),
                              Timestamp(milliseconds(1'795'381'775'999))}) {
    const auto item = StoredAt(now);
    EXPECT_TRUE(IsAlive(item, now));
    EXPECT_TRUE(IsAlive(item, now + hours(24) - milliseconds(1)));
    EXPECT_FALSE(IsAlive(item, now + hours(24) + milliseconds(999)));
    EXPECT_FALSE(IsAlive(item, now + hours(240)));
    // A record stays alive if the clock goes back.
    EXPECT_TRUE(IsAlive(item, now - hours(1)));
  }
  const Timestamp whole_second(milliseconds(1'795'381'775'000));
  EXPECT_FALSE(IsAlive(StoredAt(whole_second), whole_second + hours(24)));
}

TEST(IdempotencyRecord, StoresItsExpiryInWholeSeconds) {
  EXPECT_EQ(StoredAt(Timestamp(milliseconds(5'000)))->FindNumber(kTtlAttribute), 5 + 86'400);
  EXPECT_EQ(StoredAt(Timestamp(milliseconds(5'001)))->FindNumber(kTtlAttribute), 6 + 86'400);
}

TEST(IdempotencyRecord, IsAbsentWithoutItem) {
  EXPECT_FALSE(IsAlive(std::nullopt, kMorning));
  EXPECT_TRUE(MayBeReplaced(std::nullopt, kMorning));
}

// A record is either replayed or replaceable, never both and never neither.
RC_GTEST_PROP(IdempotencyRecord, IsEitherAliveOrReplaceable, ()) {
  const Timestamp stored(milliseconds(*rc::gen::inRange<std::int64_t>(0, 100'000'000'000)));
  const Timestamp later =
      stored + hours(24) + milliseconds(*rc::gen::inRange<std::int64_t>(-3'000, 3'000));
  const auto item = StoredAt(stored);
  RC_ASSERT(IsAlive(item, later) != MayBeReplaced(item, later));
}

TEST(IdempotencyRecord, IsUnavailableInANewerFormat) {
  storage::Item item;
  item.SetNumber("v", 2).SetNumber(kTtlAttribute, 1);
  const auto live = LiveRecord(item, kMorning);
  ASSERT_FALSE(live.ok());
  EXPECT_EQ(live.error().code, ErrorCode::kUnavailable);
}

TEST(IdempotencyRecord, IsBrokenWithoutAnyOfItsAttributes) {
  const auto item = StoredAt(kMorning);
  item->ForEach([&](const storage::Item::Attribute& left_out) {
    storage::Item broken;
    item->ForEach([&](const storage::Item::Attribute& kept) {
      if (kept.name == left_out.name) return;
      if (kept.type == storage::Item::Type::kString) broken.SetString(kept.name, kept.value);
      if (kept.type == storage::Item::Type::kNumber) broken.SetNumber(kept.name, kept.number());
      if (kept.type == storage::Item::Type::kBinary) broken.SetBinary(kept.name, kept.value);
    });
    const auto live = LiveRecord(broken, kMorning);
    ASSERT_FALSE(live.ok()) << left_out.name;
    EXPECT_EQ(live.error().code, ErrorCode::kInternal) << left_out.name;
  });
}

// Changes one part of a record at a time.
std::vector<IdempotencyRecord> OtherThan(const IdempotencyRecord& record) {
  std::vector<IdempotencyRecord> others(7, record);
  others[0].request_hash[0] ^= 1;
  others[1].response.status = 200;
  others[2].response.body += " ";
  others[3].response.version = 2;
  others[4].response.location = "/users/01B";
  others[5].expires_at += 1;
  others[6].nonce[31] ^= 1;
  return others;
}

TEST(SaltFor, DependsOnTheKeyAndEveryPartOfTheRecord) {
  const storage::Key key = IdempotencyItemKey(kScope);
  storage::Key other_key = key;
  other_key.partition.back() = other_key.partition.back() == '0' ? '1' : '0';
  const IdempotencyRecord record = SampleAt(kMorning);
  std::set<domain::Salt> salts = {SaltFor(key, record), SaltFor(other_key, record)};
  for (const IdempotencyRecord& other : OtherThan(record)) salts.insert(SaltFor(key, other));
  EXPECT_EQ(salts.size(), 9U);
}

// No two entries may have the same salt, even if the same request gets the same response.
TEST(SaltFor, IsNewForEachRecord) {
  const storage::Key key = IdempotencyItemKey(kScope);
  EXPECT_NE(SaltFor(key, SampleAt(kMorning)), SaltFor(key, SampleAt(kMorning)));
}

TEST(SaltFor, IsStableAcrossReadingBack) {
  const storage::Key key = IdempotencyItemKey(kScope);
  const IdempotencyRecord record = SampleAt(kMorning);
  const auto read = DecodeRecord(EncodeRecord(record));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(SaltFor(key, *read), SaltFor(key, record));
}

// Records outlive restarts and updates: the computation of stored salts must never change.
TEST(SaltFor, NeverChangesForStoredRecords) {
  IdempotencyRecord record = SampleAt(kMorning);
  record.nonce.fill(7);
  EXPECT_EQ(ToHex(SaltFor(IdempotencyItemKey(kScope), record)), "1f82d1e9021657afebb0a003367eb9dc");
}

// A function of an earlier version may replay a record of this version, and vice versa.
TEST(IdempotencyRecord, IsReadableByEarlierVersions) {
  std::map<std::string, std::pair<storage::Item::Type, std::size_t>> attributes;
  StoredAt(kMorning)->ForEach([&](const storage::Item::Attribute& attribute) {
    attributes[std::string(attribute.name)] = {attribute.type, attribute.value.size()};
  });
  using Type = storage::Item::Type;
  const std::pair digest(Type::kBinary, std::size_t{32});
  EXPECT_EQ(attributes.size(), 8U);
  EXPECT_EQ(attributes["seal"], digest);
  EXPECT_EQ(attributes["requestHash"], digest);
  for (const char* name : {"v", "status", "version", "ttl"}) {
    EXPECT_EQ(attributes[name].first, Type::kNumber) << name;
  }
  for (const char* name : {"body", "location"}) {
    EXPECT_EQ(attributes[name].first, Type::kString) << name;
  }
}

// The hash as earlier versions computed it.
Sha256Digest OldSeal(const storage::Key& key, const IdempotencyRecord& record) {
  const StoredResponse& response = record.response;
  return Sha256OfFields(
      {key.partition, AsText(record.request_hash), std::to_string(response.status), response.body,
       std::to_string(response.version), response.location, std::to_string(record.expires_at)});
}

TEST(IdempotencyRecord, RecognisesRecordsOfEarlierVersions) {
  const storage::Key key = IdempotencyItemKey(kScope);
  IdempotencyRecord old = SampleAt(kMorning);
  EXPECT_FALSE(IsWithoutCommitment(key, old));
  old.nonce = OldSeal(key, old);
  const auto read = LiveRecord(EncodeRecord(old), kMorning);
  ASSERT_TRUE(read.ok() && read->has_value());
  EXPECT_EQ((*read)->response.body, old.response.body);
  EXPECT_TRUE(IsWithoutCommitment(key, **read));
  for (const IdempotencyRecord& other : OtherThan(old)) {
    EXPECT_FALSE(IsWithoutCommitment(key, other));
  }
}

TEST(IdempotencyItemKey, DependsOnCallerOperationTargetAndKey) {
  const auto key_of = [](const char* owner, const char* operation, const char* target,
                         const char* key) {
    return IdempotencyItemKey(IdempotencyScope{owner, operation, target, key});
  };
  const storage::Key key = IdempotencyItemKey(kScope);
  EXPECT_EQ(key.table, storage::Table::kIdempotency);
  EXPECT_EQ(key.sort, "");
  // Records outlive restarts, so their keys must never change.
  EXPECT_EQ(key.partition, "IDEM#480eb44cecaff468d2b1ccd8ca008dfc2b9aeab46843136817a37ce688c8bd46");
  EXPECT_EQ(PutAt(kMorning).key(), key);
  std::set<std::string> partitions;
  for (const storage::Key& other :
       {key_of("a", "b", "c", "d"), key_of("A", "b", "c", "d"), key_of("a", "B", "c", "d"),
        key_of("a", "b", "C", "d"), key_of("a", "b", "c", "D"), key_of("ab", "", "c", "d"),
        key_of("a", "bc", "", "d"), key_of("a", "b", "cd", ""), key_of("a", "b", "d", "c")}) {
    partitions.insert(other.partition);
  }
  EXPECT_EQ(partitions.size(), 9U);
}

// Keys appear in AWS's contributor reports.
TEST(IdempotencyItemKey, ContainsNoPlainText) {
  const std::string partition = IdempotencyItemKey(kScope).partition;
  EXPECT_EQ(partition.find("clerk"), std::string::npos);
  EXPECT_EQ(partition.find("k-1"), std::string::npos);
  EXPECT_EQ(partition.size(), 5U + 64U);
}

}  // namespace
}  // namespace users::service
