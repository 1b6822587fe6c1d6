// Sealing entries, and verifying entries of another program. For tampering, see
// chain_tampering_test.cpp.
#include "audit/chain.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audit/entry_json.h"
#include "base/json/json.h"
#include "support/audit_entries.h"
#include "support/random_text.h"
#include "support/sealed_entries.h"

namespace users::audit {
namespace {

// Entries that a program in another language sealed, written from the contract's text alone. The
// first two lack the members that later versions added.
constexpr std::string_view kForeignEntriesOfTheFirstForm[] = {
    R"({"eventId": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "schema": 1,
        "userId": "01ARZ3NDEKTSV4RRFFQ69G5FAW", "version": 1,
        "timestamp": "2026-11-22T21:09:35.123Z", "action": "USER_CREATED",
        "actor": "arn:aws:iam::123456789012:user/clerk", "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
        "correlationId": "c-1", "changes": {"email": {"before": null, "after": "ada@example.com"},
        "name": {"before": null, "after": "Ada L\u00f6velace \u20ac \"x\"\n"},
        "status": {"before": null, "after": "active"}, "roles": {"before": null, "after": []},
        "metadata": {"before": null, "after": {"z": "1", "a": "\ud83d\ude00"}}},
        "salt": "00112233445566778899aabbccddeeff",
        "changesHash": "e9655b9e10afbb8e6416e7fbe4ab5b3579c55de0d9354cfd210fff9c71f22f9c",
        "prevHash": "0000000000000000000000000000000000000000000000000000000000000000",
        "hash": "60bd25a3ef3d6253aefc75341de4950ddc12c66ab2065dd076777af01b5a84bb"})",
    R"({"eventId": "01ARZ3NDEKTSV4RRFFQ69G5FAX", "schema": 1,
        "userId": "01ARZ3NDEKTSV4RRFFQ69G5FAW", "version": 2,
        "timestamp": "2026-11-22T21:09:35.123Z", "action": "ROLE_ASSIGNED",
        "actor": "arn:aws:sts::123456789012:assumed-role/Deploy/alice",
        "accessKeyId": "ASIAIOSFODNN7EXAMPLE", "correlationId": "c/2=@+",
        "changes": {"roles": {"before": [], "after": ["admin"]}},
        "salt": "ffeeddccbbaa99887766554433221100",
        "changesHash": "6c416df82129a01f3105e063ca14ff1e5f67fdc5d5fc98d35025dafa7811ddd6",
        "prevHash": "60bd25a3ef3d6253aefc75341de4950ddc12c66ab2065dd076777af01b5a84bb",
        "hash": "e77b9ff3db129e4561108f5b92280b9cc04e74c696c56b13e1382763a6796c14"})",
};

constexpr std::string_view kForeignEntries[] = {
    R"({"eventId": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "schema": 1, "userId":
        "01ARZ3NDEKTSV4RRFFQ69G5FAW", "version": 1, "timestamp": "2026-11-29T21:09:35.123Z",
        "action": "USER_CREATED", "actor": "arn:aws:iam::123456789012:user/clerk",
        "accessKeyId": "AKIAIOSFODNN7EXAMPLE", "correlationId": "c-1",
        "reason": "HR-7: \"joins\"",
        "changedFields": ["email", "metadata", "name", "roles", "status"], "changes": {"email": {"before": null, "after": "ada@example.com"}, "name": {"before":
        null, "after": "Ada"}, "status": {"before": null, "after": "active"}, "roles":
        {"before": null, "after": []}, "metadata": {"before": null, "after": {}}}, "salt":
        "00112233445566778899aabbccddeeff", "changesHash":
        "35fcf760a6b623825f2436a68ba8a739fe06d0f27d73ba0b5ade1a4377104519", "prevHash":
        "0000000000000000000000000000000000000000000000000000000000000000", "hash":
        "a1d6ed5a3f10a71af31fb8ba9033965a87622246a967b2ba4598a19ee1c21328"})",
    R"({"eventId": "01ARZ3NDEKTSV4RRFFQ69G5FAX", "schema": 1, "userId":
        "01ARZ3NDEKTSV4RRFFQ69G5FAW", "version": 2, "timestamp": "2026-11-29T21:09:35.123Z",
        "action": "ROLE_ASSIGNED", "actor": "arn:aws:iam::123456789012:user/clerk",
        "accessKeyId": "AKIAIOSFODNN7EXAMPLE", "correlationId": "c-2", "role": "admin",
        "changedFields": ["roles"], "changes": {"roles": {"before": [], "after": ["admin"]}},
        "salt": "ffeeddccbbaa99887766554433221100", "changesHash":
        "6c416df82129a01f3105e063ca14ff1e5f67fdc5d5fc98d35025dafa7811ddd6", "prevHash":
        "a1d6ed5a3f10a71af31fb8ba9033965a87622246a967b2ba4598a19ee1c21328", "hash":
        "0a437532196faa44f46ee7f82d92282cef277e288656c0dc1f407b585807a6a2"})",
    R"({"eventId": "01ARZ3NDEKTSV4RRFFQ69G5FAY", "schema": 1, "userId":
        "01ARZ3NDEKTSV4RRFFQ69G5FAW", "version": 3, "timestamp": "2026-11-29T21:09:36.000Z",
        "action": "STATUS_CHANGED", "actor": "arn:aws:iam::123456789012:user/clerk",
        "accessKeyId": "AKIAIOSFODNN7EXAMPLE", "correlationId": "c-3", "reason": "left",
        "status": "disabled", "changedFields": ["status"], "changes": {"status": {"before":
        "active", "after": "disabled"}}, "salt": "0123456789abcdef0123456789abcdef",
        "changesHash": "d35bf38b1b72fb7eeaa0d4380404c985d6c06381c89aa204f02e096a4c524e4b",
        "prevHash": "0a437532196faa44f46ee7f82d92282cef277e288656c0dc1f407b585807a6a2", "hash":
        "598dacec52e6265b0efff944f2dc24f485b7aafb47832f3ee21fe54ded0d0156"})",
};

boost::json::object ObjectOf(std::string_view text) {
  return json::Parse(text)->value.as_object();
}

TEST(ChainVerifier, VerifiesEntriesOfAnotherProgram) {
  ChainVerifier first_form;
  for (const std::string_view text : kForeignEntriesOfTheFirstForm) {
    EXPECT_EQ(first_form.Add(ObjectOf(text)), std::nullopt);
  }
  EXPECT_EQ(first_form.entries(), 2U);
  EXPECT_EQ(first_form.Finish(), std::nullopt);
  ChainVerifier verifier;
  for (const std::string_view text : kForeignEntries) {
    EXPECT_EQ(verifier.Add(ObjectOf(text)), std::nullopt);
  }
  EXPECT_EQ(verifier.entries(), 3U);
  EXPECT_EQ(verifier.Finish(), std::nullopt);
}

TEST(ChainVerifier, AcceptsAnEmptyChainOnlyWithoutHead) {
  EXPECT_EQ(ChainVerifier().Finish(), std::nullopt);
  const Sha256Digest head = Sha256("an entry that is not there");
  EXPECT_NE(ChainVerifier().Finish(&head), std::nullopt);
}

// The text that an entry's hash covers, written out by hand.
std::string CanonicalOf(const domain::AuditEntry& entry, std::string_view prev_hash) {
  return R"({"accessKeyId":")" + entry.access_key_id + R"(","action":")" + entry.action +
         R"(","actor":")" + entry.actor + R"(","changedFields":["name"],"changesHash":")" +
         ToHex(entry.changes_hash) + R"(","correlationId":")" + entry.correlation_id +
         R"(","eventId":")" + entry.event_id + R"(","prevHash":")" + std::string(prev_hash) +
         R"(","schema":1,"timestamp":")" + FormatTimestamp(entry.timestamp) + R"(","userId":")" +
         entry.user_id + R"(","version":)" + std::to_string(entry.version) + "}";
}

TEST(Seal, HashesAsTheContractSpecifies) {
  domain::AuditEntry first = testing::UnsealedEntry(1);
  testing::SealWithRandomSalt(first, Sha256Digest{});
  EXPECT_EQ(ToHex(first.changes_hash), ToHex(Sha256(R"({"changes":)" + first.changes +
                                                    R"(,"salt":")" + ToHex(first.salt) + "\"}")));
  EXPECT_EQ(ToHex(first.hash), ToHex(Sha256(CanonicalOf(first, std::string(64, '0')))));

  domain::AuditEntry second = testing::UnsealedEntry(2);
  testing::SealWithRandomSalt(second, first.hash);
  EXPECT_EQ(second.prev_hash, first.hash);
  EXPECT_EQ(ToHex(second.hash), ToHex(Sha256(CanonicalOf(second, ToHex(first.hash)))));
}

// An entry that was written before the later members existed must keep its hash.
TEST(Seal, HashesEntriesOfTheFirstFormAsBefore) {
  domain::AuditEntry entry = testing::EntryOfTheFirstForm(1);
  EXPECT_EQ(HashedEntryJson(entry).find("changedFields"), std::string::npos);
  Seal(entry, domain::Salt{}, Sha256Digest{});
  const std::string json = EntryJson(entry, EntryView::kWhole);
  for (const char* name : {"\"reason\"", "\"role\"", "\"status\"", "\"changedFields\""}) {
    EXPECT_EQ(json.find(name), std::string::npos) << json;
  }
  EXPECT_TRUE(HashesMatch(entry));
}

TEST(Seal, CoversTheSalt) {
  domain::AuditEntry one = testing::UnsealedEntry(1);
  domain::AuditEntry other = testing::UnsealedEntry(1);
  Seal(one, domain::Salt{1}, Sha256Digest{});
  Seal(other, domain::Salt{2}, Sha256Digest{});
  EXPECT_NE(one.changes_hash, other.changes_hash);
  EXPECT_NE(one.hash, other.hash);
}

TEST(Seal, HandlesAnyText) {
  domain::AuditEntry entry = testing::UnsealedEntry(1);
  entry.actor = "arn:\"quoted\"\\\n\xE2\x82\xAC";
  entry.correlation_id = "";
  entry.changes = R"({"name":{"after":"\"\\\n","before":null}})";
  testing::SealWithRandomSalt(entry, Sha256Digest{});
  ChainVerifier verifier;
  EXPECT_EQ(verifier.Add(ObjectOf(EntryJson(entry, EntryView::kWhole))), std::nullopt);
  EXPECT_EQ(verifier.Finish(&entry.hash), std::nullopt);
}

TEST(HashesMatch, RejectsAnyChangedMember) {
  domain::AuditEntry sealed = testing::UnsealedEntry(2);
  const Sha256Digest previous = Sha256("the entry before");
  testing::SealWithRandomSalt(sealed, previous);
  EXPECT_TRUE(HashesMatch(sealed));

  using Entry = domain::AuditEntry;
  const std::pair<std::string_view, void (*)(Entry&)> changes[] = {
      {"eventId", [](Entry& entry) { entry.event_id.back() ^= 1; }},
      {"userId", [](Entry& entry) { entry.user_id.back() ^= 1; }},
      {"subject", [](Entry& entry) { entry.subject = entry.user_id; }},
      {"version", [](Entry& entry) { ++entry.version; }},
      {"timestamp", [](Entry& entry) { entry.timestamp += std::chrono::milliseconds(1); }},
      {"action", [](Entry& entry) { entry.action = domain::action::kRoleAssigned; }},
      {"actor", [](Entry& entry) { entry.actor += 'x'; }},
      {"accessKeyId", [](Entry& entry) { entry.access_key_id.clear(); }},
      {"correlationId", [](Entry& entry) { entry.correlation_id += 'x'; }},
      {"reason", [](Entry& entry) { entry.reason = "another"; }},
      {"role", [](Entry& entry) { entry.role = "admin"; }},
      {"status", [](Entry& entry) { entry.status = ""; }},
      {"changedFields", [](Entry& entry) { entry.changed_fields->emplace_back("roles"); }},
      {"no changedFields", [](Entry& entry) { entry.changed_fields.reset(); }},
      {"changes", [](Entry& entry) { entry.changes = "{}"; }},
      {"salt", [](Entry& entry) { entry.salt[15] ^= 1; }},
      {"changesHash", [](Entry& entry) { entry.changes_hash[31] ^= 1; }},
      {"prevHash", [](Entry& entry) { entry.prev_hash[0] ^= 1; }},
      {"hash", [](Entry& entry) { entry.hash[0] ^= 1; }},
  };
  for (const auto& [member, change] : changes) {
    Entry changed = sealed;
    change(changed);
    EXPECT_FALSE(HashesMatch(changed)) << member;
  }
}

// A forger who recomputes one hash must not get past the other.
TEST(HashesMatch, RejectsASingleRightHash) {
  domain::AuditEntry entry = testing::UnsealedEntry(1);
  testing::SealWithRandomSalt(entry, Sha256Digest{});
  domain::AuditEntry forged = entry;
  forged.changes = "{}";
  forged.changes_hash =
      Sha256(R"({"changes":{},"salt":")" + ToHex(forged.salt) + "\"}");  // but not `hash`
  EXPECT_FALSE(HashesMatch(forged));
  forged = entry;
  forged.changes = "{}";
  forged.hash = Sha256(HashedEntryJson(forged));  // but not `changesHash`
  EXPECT_FALSE(HashesMatch(forged));
}

class EntryJsonTest : public ::testing::Test {
 protected:
  EntryJsonTest() {
    entry_.changes = R"({"email":{"after":"a@b","before":null},"status":{"after":"active"}})";
    entry_.changed_fields = std::vector<std::string>{"email", "status"};
    entry_.salt.fill(0xAB);
    entry_.changes_hash.fill(1);
    entry_.prev_hash.fill(2);
    entry_.hash.fill(3);
  }
  static std::string Repeat(std::string_view text, std::size_t count) {
    std::string repeated;
    for (std::size_t i = 0; i < count; ++i) repeated += text;
    return repeated;
  }

  domain::AuditEntry entry_ = testing::UnsealedEntry(1);
  const std::string front_ =
      R"({"eventId":"01ARZ3NDEKTSV4RRFFQ69G5FAV","schema":1,"userId":"01ARZ3NDEKTSV4RRFFQ69G5FAW",)"
      R"("version":1,"timestamp":"2026-11-22T21:09:35.124Z","action":"USER_CREATED",)"
      R"("actor":"arn:aws:iam::123456789012:user/clerk","accessKeyId":"AKIAIOSFODNN7EXAMPLE",)"
      R"("correlationId":"c-1","changedFields":["email","status"],)";
  const std::string hashes_ =
      R"("changesHash":")" + Repeat("01", 32) + R"(","prevHash":")" + Repeat("02", 32) + "\"";
  const std::string hash_ = R"(,"hash":")" + Repeat("03", 32) + "\"}";
};

TEST_F(EntryJsonTest, HasAllMembersInContractOrder) {
  EXPECT_EQ(EntryJson(entry_, EntryView::kWhole), front_ + R"("changes":)" + entry_.changes +
                                                      R"(,"salt":")" + Repeat("ab", 16) + "\"," +
                                                      hashes_ + hash_);
}

TEST_F(EntryJsonTest, OmitsSaltAndPersonalDataFromEvents) {
  EXPECT_EQ(EntryJson(entry_, EntryView::kEvent),
            front_ + R"("changes":{"email":{},"status":{"after":"active"}},)" + hashes_ + hash_);
}

TEST_F(EntryJsonTest, HasReasonRoleAndStatusBeforeTheChangedFields) {
  entry_.reason = "ticket \"7\"";
  entry_.role = "admin";
  entry_.status = "disabled";
  for (const EntryView view : {EntryView::kWhole, EntryView::kEvent}) {
    EXPECT_NE(EntryJson(entry_, view)
                  .find(R"("correlationId":"c-1","reason":"ticket \"7\"","role":"admin",)"
                        R"("status":"disabled","changedFields":["email","status"],"changes":)"),
              std::string::npos);
  }
}

// The text that a verifier derives from the entry that callers see.
RC_GTEST_PROP(HashedEntryJson, IsCanonicalWithoutChangesSaltAndHash, ()) {
  const auto text = users::testing::AnyUtf8();
  domain::AuditEntry entry =
      testing::UnsealedEntry(*rc::gen::inRange<std::uint64_t>(0, std::uint64_t{1} << 53));
  entry.timestamp =
      testing::kMorning + std::chrono::seconds(*rc::gen::inRange(-1'000'000, 1'000'000));
  entry.event_id = *text;
  entry.user_id = *text;
  entry.action = *text;
  entry.actor = *text;
  entry.access_key_id = *text;
  entry.correlation_id = *text;
  if (*rc::gen::arbitrary<bool>()) entry.subject = "catalogue";
  if (*rc::gen::arbitrary<bool>()) entry.reason = *text;
  if (*rc::gen::arbitrary<bool>()) entry.role = *text;
  if (*rc::gen::arbitrary<bool>()) entry.status = *text;
  if (*rc::gen::arbitrary<bool>()) entry.changed_fields.reset();
  entry.changes_hash = Sha256(*text);
  entry.prev_hash = Sha256(*text);
  boost::json::object hashed = ObjectOf(EntryJson(entry, EntryView::kWhole));
  for (const char* name : {"changes", "salt", "hash"}) hashed.erase(name);
  RC_ASSERT(HashedEntryJson(entry) == json::Canonical(hashed));
}

}  // namespace
}  // namespace users::audit
