// ChainVerifier: an entry without changes and salt is a fault unless a later entry is USER_ERASED.
#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "audit/chain.h"
#include "audit/entry_json.h"
#include "base/json/json.h"
#include "support/audit_entries.h"
#include "support/sealed_entries.h"

namespace users::audit {
namespace {

// The versions whose changes and salt are erased, and the versions of the USER_ERASED entries.
struct History {
  std::uint64_t entries;
  std::set<std::uint64_t> erased;
  std::set<std::uint64_t> erasures;
};

std::vector<boost::json::object> EntriesOf(const History& history) {
  std::vector<boost::json::object> entries;
  Sha256Digest head{};
  for (std::uint64_t version = 1; version <= history.entries; ++version) {
    domain::AuditEntry entry = testing::UnsealedEntry(version);
    if (history.erasures.contains(version)) entry.action = domain::action::kUserErased;
    testing::SealWithRandomSalt(entry, head);
    head = entry.hash;
    auto object = json::Parse(EntryJson(entry, EntryView::kWhole))->value.as_object();
    if (history.erased.contains(version)) {
      object.erase("changes");
      object.erase("salt");
    }
    entries.push_back(std::move(object));
  }
  return entries;
}

std::optional<std::string> Verify(const std::vector<boost::json::object>& entries) {
  ChainVerifier verifier;
  for (const auto& entry : entries) {
    if (auto fault = verifier.Add(entry)) return fault;
  }
  return verifier.Finish();
}

TEST(ErasedEntries, AreCoveredByALaterErasure) {
  EXPECT_EQ(Verify(EntriesOf({4, {1, 2, 3}, {4}})), std::nullopt);
  EXPECT_EQ(Verify(EntriesOf({5, {1, 3}, {4}})), std::nullopt);
  EXPECT_EQ(Verify(EntriesOf({5, {1, 2, 4}, {3, 5}})), std::nullopt);
  EXPECT_EQ(Verify(EntriesOf({2, {}, {2}})), std::nullopt);
  // A second erasure erases the values of the first.
  EXPECT_EQ(Verify(EntriesOf({3, {1, 2}, {2, 3}})), std::nullopt);
}

TEST(ErasedEntries, AreAFaultWithoutALaterErasure) {
  EXPECT_NE(Verify(EntriesOf({1, {1}, {}})), std::nullopt);
  EXPECT_NE(Verify(EntriesOf({4, {2}, {}})), std::nullopt);
  EXPECT_NE(Verify(EntriesOf({4, {1, 4}, {3}})), std::nullopt);
  EXPECT_NE(Verify(EntriesOf({4, {4}, {2, 3}})), std::nullopt);
}

TEST(ErasedEntries, AreReportedByTheFirstVersion) {
  const auto fault = Verify(EntriesOf({5, {3, 4}, {2}}));
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->find("entry 3:"), 0U) << *fault;
}

// The contract says "a later entry", so no entry excuses itself.
TEST(ErasedEntries, DoNotExcuseThemselves) {
  EXPECT_NE(Verify(EntriesOf({3, {3}, {3}})), std::nullopt);
  EXPECT_NE(Verify(EntriesOf({3, {1, 3}, {3}})), std::nullopt);
}

TEST(ErasedEntries, MustLackBothChangesAndSalt) {
  for (const char* member : {"changes", "salt"}) {
    auto entries = EntriesOf({3, {}, {3}});
    entries[1].erase(member);
    EXPECT_NE(Verify(entries), std::nullopt) << "without " << member;
    entries = EntriesOf({3, {}, {3}});
    entries[1][member] = nullptr;
    EXPECT_NE(Verify(entries), std::nullopt) << "null " << member;
  }
  auto entries = EntriesOf({3, {2}, {3}});
  entries[1]["changes"] = boost::json::object();
  EXPECT_NE(Verify(entries), std::nullopt);
}

TEST(ErasedEntries, AreStillCoveredByTheHashChain) {
  auto entries = EntriesOf({3, {1, 2}, {3}});
  entries[1]["actor"] = "arn:aws:iam::123456789012:user/other";
  EXPECT_NE(Verify(entries), std::nullopt);
  entries = EntriesOf({3, {1, 2}, {3}});
  entries.erase(entries.begin() + 1);
  EXPECT_NE(Verify(entries), std::nullopt);
  // Relabelling an entry to excuse a gap breaks its hash.
  entries = EntriesOf({3, {2}, {}});
  entries[2]["action"] = "USER_ERASED";
  EXPECT_NE(Verify(entries), std::nullopt);
}

}  // namespace
}  // namespace users::audit
