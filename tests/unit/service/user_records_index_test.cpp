// Which items of handles, of roles and of earlier generations each kind of change writes
// (service/user_records.h).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/sha256.h"
#include "base/text/text.h"
#include "support/described_changes.h"

namespace users::service {
namespace {

using domain::HandleKind;
using domain::UserStatus;
using ::testing::IsSupersetOf;
using ::testing::UnorderedElementsAre;

std::string HashOf(std::string_view text) {
  return ToHex(Sha256(text));
}

UserRecord WithHandles(UserRecord record, std::optional<std::string> external_id,
                       std::optional<std::string> user_name) {
  record.user.external_id = std::move(external_id);
  record.user.user_name = std::move(user_name);
  return record;
}

UserRecord WithRoles(UserRecord record, std::vector<std::string> roles) {
  record.user.roles = std::move(roles);
  return record;
}

// The writes of an update except those that every update has.
std::vector<std::string> IndexWritesOf(const UserRecord& before, const UserRecord& after) {
  std::vector<std::string> lines = UpdateOf(before, after);
  std::erase_if(lines, [](const std::string& line) {
    return line.starts_with("profile: ") || line.starts_with("entry: ") ||
           line == "other: put USER_LIST#3 USER#ID always" ||
           line == "other: put USER_STATUS#active#3 USER#ID always";
  });
  return lines;
}

TEST(AddCreation, ClaimsEachHandleAndListsTheHolder) {
  const UserRecord created = WithHandles(testing::StoredUser(1), "E-1", "Ada.L");
  EXPECT_THAT(
      CreationOf(created),
      UnorderedElementsAre(
          "profile: put USER#ID PROFILE if absent", "entry: put AUDIT#ID 0000000001 if absent",
          "claim: put USER_EMAIL#ADA USER if absent",
          "claim of the external id: put USER_EXTERNAL#" + HashOf("E-1") + " USER if absent",
          "claim of the user name: put USER_NAME#" + HashOf("ada.l") + " USER if absent",
          "other: put USER_LIST#3 USER#ID always", "other: put USER_STATUS#active#3 USER#ID always",
          "other: put USER_ROLE#admin#3 USER#ID always",
          "other: put USER_ROLE#viewer#3 USER#ID always"));
}

TEST(AddUpdate, ClaimsAndReleasesEachHandleAlone) {
  const UserRecord none = Before();
  const UserRecord both = WithHandles(Before(), "E-1", "Ada");
  EXPECT_THAT(IndexWritesOf(none, Next(WithHandles(none, "E-1", std::nullopt))),
              UnorderedElementsAre("claim of the external id: put USER_EXTERNAL#" + HashOf("E-1") +
                                   " USER if absent"));
  EXPECT_THAT(
      IndexWritesOf(both, Next(WithHandles(both, "E-1", std::nullopt))),
      UnorderedElementsAre("other: delete USER_NAME#" + HashOf("ada") + " USER if userId=ID"));
  EXPECT_THAT(
      IndexWritesOf(both, Next(WithHandles(both, "E-2", "Eve"))),
      UnorderedElementsAre(
          "claim of the external id: put USER_EXTERNAL#" + HashOf("E-2") + " USER if absent",
          "other: delete USER_EXTERNAL#" + HashOf("E-1") + " USER if userId=ID",
          "claim of the user name: put USER_NAME#" + HashOf("eve") + " USER if absent",
          "other: delete USER_NAME#" + HashOf("ada") + " USER if userId=ID"));
  EXPECT_THAT(IndexWritesOf(both, Next(both)), UnorderedElementsAre());
}

// Kinds are apart: the value that one handle leaves may be taken as another one.
TEST(AddUpdate, SwapsTheHandlesOfAUser) {
  const UserRecord before = WithHandles(Before(), "one", "two");
  EXPECT_THAT(
      IndexWritesOf(before, Next(WithHandles(before, "two", "one"))),
      UnorderedElementsAre(
          "claim of the external id: put USER_EXTERNAL#" + HashOf("two") + " USER if absent",
          "other: delete USER_EXTERNAL#" + HashOf("one") + " USER if userId=ID",
          "claim of the user name: put USER_NAME#" + HashOf("one") + " USER if absent",
          "other: delete USER_NAME#" + HashOf("two") + " USER if userId=ID"));
}

// Letter case does not tell user names apart, but external ids.
TEST(AddUpdate, KeepsTheClaimOfAUserNameIfOnlyLetterCaseChanges) {
  const UserRecord before = WithHandles(Before(), "id", "name");
  EXPECT_THAT(IndexWritesOf(before, Next(WithHandles(before, "id", "NAME"))),
              UnorderedElementsAre());
  EXPECT_THAT(IndexWritesOf(before, Next(WithHandles(before, "ID", "name"))),
              UnorderedElementsAre(
                  "claim of the external id: put USER_EXTERNAL#" + HashOf("ID") + " USER if absent",
                  "other: delete USER_EXTERNAL#" + HashOf("id") + " USER if userId=ID"));
}

TEST(AddUpdate, WritesOnlyTheItemOfTheRoleThatChanges) {
  const UserRecord before = WithRoles(Before(), {"admin", "viewer"});
  EXPECT_THAT(IndexWritesOf(before, Next(WithRoles(before, {"admin", "editor", "viewer"}))),
              UnorderedElementsAre("other: put USER_ROLE#editor#3 USER#ID always"));
  EXPECT_THAT(IndexWritesOf(before, Next(WithRoles(before, {"viewer"}))),
              UnorderedElementsAre("other: delete USER_ROLE#admin#3 USER#ID always"));
  EXPECT_THAT(IndexWritesOf(before, Next(before)), UnorderedElementsAre());
}

TEST(AddUpdate, ReleasesHandlesAndRolesOnDeletion) {
  const UserRecord before = WithHandles(WithRoles(Before(), {"admin", "viewer"}), "id", "name");
  UserRecord after = Next(before);
  after.user.status = UserStatus::kDeleted;
  EXPECT_THAT(UpdateOf(before, after),
              IsSupersetOf({
                  std::string("other: delete USER_EMAIL#ADA USER if userId=ID"),
                  "other: delete USER_EXTERNAL#" + HashOf("id") + " USER if userId=ID",
                  "other: delete USER_NAME#" + HashOf("name") + " USER if userId=ID",
                  std::string("other: delete USER_ROLE#admin#3 USER#ID always"),
                  std::string("other: delete USER_ROLE#viewer#3 USER#ID always"),
                  std::string("other: put USER_STATUS#deleted#3 USER#ID always"),
              }));
}

// An earlier version wrote no role items, so the first change puts all of them.
TEST(AddUpdate, PutsAllRoleItemsOfAUserOfTheFirstGeneration) {
  UserRecord before = WithRoles(Before(), {"admin", "viewer"});
  UserRecord after = Next(before);
  before.item_generation = kFirstItemGeneration;
  EXPECT_THAT(IndexWritesOf(before, after),
              UnorderedElementsAre("other: put USER_ROLE#admin#3 USER#ID always",
                                   "other: put USER_ROLE#viewer#3 USER#ID always"));
  after.user.roles = {"viewer"};
  EXPECT_THAT(IndexWritesOf(before, after),
              UnorderedElementsAre("other: delete USER_ROLE#admin#3 USER#ID always",
                                   "other: put USER_ROLE#viewer#3 USER#ID always"));
}

std::vector<std::string> UpgradeOf(const UserRecord& before) {
  Change change;
  AddUpgrade(change, before);
  return Described(change);
}

TEST(AddUpgrade, PutsTheItemsThatTheFirstGenerationLacks) {
  UserRecord before = WithRoles(Before(), {"admin", "viewer"});
  before.item_generation = kFirstItemGeneration;
  EXPECT_THAT(UpgradeOf(before),
              UnorderedElementsAre("profile: put USER#ID PROFILE if version=7",
                                   "other: put USER_ROLE#admin#3 USER#ID always",
                                   "other: put USER_ROLE#viewer#3 USER#ID always"));
  before.user.status = UserStatus::kDeleted;
  EXPECT_THAT(UpgradeOf(before),
              UnorderedElementsAre("profile: put USER#ID PROFILE if version=7",
                                   "other: put USER_STATUS#deleted#3 USER#ID always"));
}

// An upgrade is no change of the user: version, hash and time stay.
TEST(AddUpgrade, ChangesOnlyTheGeneration) {
  UserRecord before = Before();
  before.item_generation = kFirstItemGeneration;
  Change change;
  AddUpgrade(change, before);
  const auto after = DecodeProfile(change.writes[0].item());
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(after->item_generation, kItemGeneration);
  before.item_generation = kItemGeneration;
  EXPECT_EQ(EncodeProfile(*after).encoded(), EncodeProfile(before).encoded());
}

TEST(AddRemoval, RemovesTheItemOnlyFromTheUserAsRead) {
  const UserRecord record = WithRoles(Before(), {"admin"});
  Change change;
  AddRemoval(change,
             storage::Key(storage::Table::kUsers, "USER_ROLE#viewer#3", std::string("USER#") + kId),
             record);
  EXPECT_THAT(Described(change),
              UnorderedElementsAre("profile: check USER#ID PROFILE if version=7",
                                   "other: delete USER_ROLE#viewer#3 USER#ID always"));
}

TEST(HandleKey, ComparesEachKindByItsOwnRule) {
  const auto key = [](HandleKind kind, const char* handle) { return HandleKey(kind, handle); };
  EXPECT_EQ(key(HandleKind::kEmail, "A@B"), key(HandleKind::kEmail, "a@b"));
  EXPECT_EQ(key(HandleKind::kUserName, "Ada"), key(HandleKind::kUserName, "aDA"));
  EXPECT_NE(key(HandleKind::kExternalId, "Ada"), key(HandleKind::kExternalId, "ada"));
  // Only ASCII letters have a case here.
  EXPECT_NE(key(HandleKind::kUserName, "\xC3\x84"), key(HandleKind::kUserName, "\xC3\xA4"));
  EXPECT_NE(key(HandleKind::kUserName, "x"), key(HandleKind::kExternalId, "x"));
  EXPECT_EQ(key(HandleKind::kExternalId, "x").partition, "USER_EXTERNAL#" + HashOf("x"));
}

TEST(ClaimOf, NamesAPartForEachKind) {
  EXPECT_EQ(ClaimOf(HandleKind::kEmail), ChangePart::kEmailClaim);
  EXPECT_EQ(ClaimOf(HandleKind::kExternalId), ChangePart::kExternalIdClaim);
  EXPECT_EQ(ClaimOf(HandleKind::kUserName), ChangePart::kUserNameClaim);
}

}  // namespace
}  // namespace users::service
