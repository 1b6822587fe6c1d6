// The list of partitions for programs in other languages (service/partitions.json) names the
// partitions that the service makes, and no others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/json/json.h"
#include "service/idempotency.h"
#include "support/records.h"

namespace users::service {
namespace {

using Prefixes = std::map<std::string, std::set<std::string>>;  // by table

Prefixes ListedPrefixes() {
  const auto text = ReadFile(PARTITIONS_FILE, 1 << 16);
  if (!text.ok()) return {};
  const auto parsed = json::ParseFile(*text);
  if (!parsed.ok()) return {};
  Prefixes prefixes;
  for (const auto& table : parsed->get_object()) {
    for (const auto& partition : table.value().get_object()) {
      prefixes[table.key()].emplace(partition.value().get_string());
    }
  }
  return prefixes;
}

// A partition up to its first '#'. The rest names a user, a list or a request.
std::string PrefixOf(const std::string& partition) {
  return partition.substr(0, partition.find('#') + 1);
}

// The keys that a transaction can name: those of a creation, and of every change of status.
std::vector<storage::Key> KeysOfWrites() {
  Change change;
  UserRecord before = testing::StoredUser();
  before.user.external_id = "E-1";
  before.user.user_name = "ada";
  AddCreation(change, before, testing::UnsealedEntry(1));
  for (const auto status : {domain::UserStatus::kDisabled, domain::UserStatus::kDeleted}) {
    UserRecord after = before;
    after.user.status = status;
    after.user.email = "other@example.com";
    AddUpdate(change, before, after, testing::UnsealedEntry(2));
  }
  std::vector<storage::Key> keys;
  for (const storage::WriteOp& write : change.writes) keys.push_back(write.key());
  keys.push_back(IdempotencyItemKey({"owner", "operation", "target", "key"}));
  return keys;
}

TEST(Partitions, AreThoseOfTheList) {
  Prefixes made;
  for (const storage::Key& key : KeysOfWrites()) {
    const bool is_user = key.table == storage::Table::kUsers;
    made[is_user ? "users" : "idempotency"].insert(PrefixOf(key.partition));
  }
  EXPECT_EQ(made, ListedPrefixes());
}

TEST(Partitions, OfReadsAreInTheList) {
  const auto listed = ListedPrefixes()["users"];
  std::vector<std::string> partitions = {ProfileKey("01").partition,
                                         ListItemKey("01", 0).partition};
  for (const auto kind : domain::kHandleKinds) {
    partitions.push_back(HandleKey(kind, "a@b.example").partition);
  }
  ListFilter active;
  active.status = domain::UserStatus::kActive;
  ListFilter admins;
  admins.role = "admin";
  for (const auto& range : {ListRange(ListFilter(), 3, "", 1), ListRange(active, 3, "", 1),
                            ListRange(admins, 3, "", 1), AuditRange("01", 0, 1)}) {
    partitions.insert(partitions.end(), range.partitions.begin(), range.partitions.end());
  }
  for (const std::string& partition : partitions) {
    EXPECT_TRUE(listed.contains(PrefixOf(partition))) << partition;
  }
}

TEST(Partitions, OfAuditEntriesAreThoseInTheFeed) {
  const storage::Key entry = AuditKey("01ARZ3NDEKTSV4RRFFQ69G5FAW", 7);
  EXPECT_EQ(AuditChainOf(entry.partition), "01ARZ3NDEKTSV4RRFFQ69G5FAW");
  std::size_t in_feed = 0;
  for (const storage::Key& key : KeysOfWrites()) {
    const bool is_recorded = key.partition.starts_with(kFeedPartitionPrefix);
    EXPECT_EQ(AuditChainOf(key.partition).has_value(), is_recorded) << key.partition;
    if (is_recorded) ++in_feed;
  }
  EXPECT_EQ(in_feed, 3U);  // one entry for each change
}

TEST(Partitions, OfProfilesAndRolesAreRecognised) {
  std::size_t of_roles = 0;
  for (const storage::Key& key : KeysOfWrites()) {
    EXPECT_EQ(IsProfilePartition(key.partition), key.sort == "PROFILE") << key.partition;
    const bool is_role = PrefixOf(key.partition) == "USER_ROLE#";
    EXPECT_EQ(IsRolePartition(key.partition), is_role) << key.partition;
    if (is_role) ++of_roles;
  }
  EXPECT_EQ(of_roles, 4U);  // two put at the creation, both removed at the deletion
}

}  // namespace
}  // namespace users::service
