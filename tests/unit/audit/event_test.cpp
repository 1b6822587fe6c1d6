#include "audit/event.h"

#include <gtest/gtest.h>

#include <string>

#include "audit/chain.h"
#include "audit/entry_json.h"
#include "base/json/json.h"
#include "support/audit_entries.h"
#include "support/sealed_entries.h"

namespace users::audit {
namespace {

domain::AuditEntry Sealed(std::uint64_t version) {
  domain::AuditEntry entry = testing::UnsealedEntry(version);
  testing::SealWithRandomSalt(entry, Sha256Digest{});
  return entry;
}

const EventOrigin kOrigin{"123456789012", "eu-central-1"};

boost::json::object Parsed(const domain::AuditEntry& entry) {
  return json::Parse(EventEnvelope(entry, kOrigin))->value.as_object();
}

TEST(EventEnvelope, HasEventBridgeMembers) {
  const domain::AuditEntry entry = Sealed(2);
  const std::string id(Parsed(entry).at("id").as_string());
  EXPECT_EQ(EventEnvelope(entry, kOrigin),
            R"({"version":"0","id":")" + id +
                R"(","detail-type":"UserAuditEvent","source":"user-management.users",)"
                R"("account":"123456789012","time":"2026-11-22T21:09:35Z",)"
                R"("region":"eu-central-1","resources":[],"detail":)" +
                EntryJson(entry, EntryView::kEvent) + "}");
}

TEST(EventEnvelope, ContainsNoPersonalDataOrSalt) {
  domain::AuditEntry entry = testing::UnsealedEntry(1);
  entry.changes =
      R"({"email":{"after":"ada@example.com","before":null},)"
      R"("metadata":{"after":{"secret":"value"},"before":null},)"
      R"("name":{"after":"Ada","before":null},)"
      R"("roles":{"after":["admin"],"before":null},"status":{"after":"active","before":null}})";
  testing::SealWithRandomSalt(entry, Sha256Digest{});
  const std::string envelope = EventEnvelope(entry, kOrigin);
  for (const std::string& hidden : {std::string("ada@"), std::string("Ada"), std::string("secret"),
                                    std::string("\"salt\""), ToHex(entry.salt)}) {
    EXPECT_EQ(envelope.find(hidden), std::string::npos) << hidden;
  }
  const auto changes = Parsed(entry).at("detail").at("changes").as_object();
  EXPECT_EQ(json::Canonical(changes),
            R"({"email":{},"metadata":{},"name":{},"roles":{"after":["admin"],"before":null},)"
            R"("status":{"after":"active","before":null}})");
}

TEST(EventEnvelope, HasTheIdOfItsEntry) {
  const domain::AuditEntry entry = Sealed(1);
  EXPECT_EQ(Parsed(entry).at("id").as_string(), entry.event_id);
}

TEST(EventEnvelope, IsNotMadeOfAnEntryWhoseHashesDoNotMatch) {
  domain::AuditEntry entry = Sealed(1);
  const auto verified = VerifiedEnvelope(entry, kOrigin);
  ASSERT_TRUE(verified.ok());
  EXPECT_EQ(*verified, EventEnvelope(entry, kOrigin));
  entry.actor += "x";
  const auto forged = VerifiedEnvelope(entry, kOrigin);
  ASSERT_FALSE(forged.ok());
  EXPECT_EQ(forged.error().code, ErrorCode::kInternal);
}

domain::AuditEntry OfASubject() {
  domain::AuditEntry entry = testing::UnsealedEntry(3);
  entry.user_id.clear();
  entry.access_key_id.clear();
  entry.subject = "catalogue";
  entry.action = domain::action::kCatalogueChanged;
  entry.actor = "arn:aws:iam::000000000000:user/usersd";
  entry.changes = R"({"roles":{"after":{"name":"roles"},"before":null},)"
                  R"("status":{"after":{"name":"status"},"before":null}})";
  entry.changed_fields = {"roles", "status"};
  testing::SealWithRandomSalt(entry, Sha256Digest{});
  return entry;
}

// Roles may have the names of fields.
TEST(EventEnvelope, ShowsNoValueOfASubject) {
  const auto changes = Parsed(OfASubject()).at("detail").at("changes").as_object();
  EXPECT_EQ(json::Canonical(changes), R"({"roles":{},"status":{}})");
}

TEST(EntryJson, NamesASubjectInsteadOfAUser) {
  const domain::AuditEntry entry = OfASubject();
  const std::string text = EntryJson(entry, EntryView::kWhole);
  EXPECT_TRUE(text.starts_with(R"({"eventId":"01ARZ3NDEKTSV4RRFFQ69G5FAV","schema":1,)"
                               R"("subject":"catalogue","version":3,"timestamp":)"))
      << text;
  const auto object = json::Parse(text)->value.as_object();
  EXPECT_FALSE(object.contains("userId"));
  EXPECT_FALSE(object.contains("accessKeyId"));
  EXPECT_EQ(object.at("changes").at("roles").at("after").at("name"), "roles");
}

}  // namespace
}  // namespace users::audit
