// Which items each kind of change writes (service/user_records.h).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/ulid.h"
#include "support/described_changes.h"

namespace users::service {
namespace {

using domain::UserStatus;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

TEST(AddCreation, WritesFiveItems) {
  UserRecord created = testing::StoredUser(1);
  created.user.roles = {};
  EXPECT_THAT(CreationOf(created),
              UnorderedElementsAre("profile: put USER#ID PROFILE if absent",
                                   "entry: put AUDIT#ID 0000000001 if absent",
                                   "claim: put USER_EMAIL#ADA USER if absent",
                                   "other: put USER_LIST#3 USER#ID always",
                                   "other: put USER_STATUS#active#3 USER#ID always"));
}

TEST(AddUpdate, RewritesListItemsForNameOrMetadata) {
  UserRecord after = Next(Before());
  after.user.name = "Countess";
  after.user.metadata = {};
  EXPECT_THAT(UpdateOf(Before(), after),
              UnorderedElementsAre("profile: put USER#ID PROFILE if version=7",
                                   "entry: put AUDIT#ID 0000000008 if absent",
                                   "other: put USER_LIST#3 USER#ID always",
                                   "other: put USER_STATUS#active#3 USER#ID always"));
}

TEST(AddUpdate, ClaimsTheNewAddressAndFreesTheOld) {
  UserRecord after = Next(Before(UserStatus::kDisabled));
  after.user.email = "other@example.com";
  const std::string claimed = HandleKey(domain::HandleKind::kEmail, "other@example.com").partition;
  EXPECT_THAT(UpdateOf(Before(UserStatus::kDisabled), after),
              UnorderedElementsAre("profile: put USER#ID PROFILE if version=7",
                                   "entry: put AUDIT#ID 0000000008 if absent",
                                   "claim: put " + claimed + " USER if absent",
                                   "other: delete USER_EMAIL#ADA USER if userId=ID",
                                   "other: put USER_LIST#3 USER#ID always",
                                   "other: put USER_STATUS#disabled#3 USER#ID always"));
}

// A change of letter case alone is never a conflict, not even with the user's own claim.
TEST(AddUpdate, KeepsTheClaimIfOnlyLetterCaseChanges) {
  UserRecord after = Next(Before());
  after.user.email = "ADA@EXAMPLE.COM";
  EXPECT_THAT(UpdateOf(Before(), after),
              UnorderedElementsAre("profile: put USER#ID PROFILE if version=7",
                                   "entry: put AUDIT#ID 0000000008 if absent",
                                   "other: put USER_LIST#3 USER#ID always",
                                   "other: put USER_STATUS#active#3 USER#ID always"));
}

TEST(AddUpdate, MovesTheUserBetweenStatusLists) {
  EXPECT_THAT(UpdateOf(Before(UserStatus::kActive), Next(Before(UserStatus::kDisabled))),
              UnorderedElementsAre("profile: put USER#ID PROFILE if version=7",
                                   "entry: put AUDIT#ID 0000000008 if absent",
                                   "other: delete USER_STATUS#active#3 USER#ID always",
                                   "other: put USER_LIST#3 USER#ID always",
                                   "other: put USER_STATUS#disabled#3 USER#ID always"));
  EXPECT_THAT(UpdateOf(Before(UserStatus::kDisabled), Next(Before(UserStatus::kActive))),
              UnorderedElementsAre("profile: put USER#ID PROFILE if version=7",
                                   "entry: put AUDIT#ID 0000000008 if absent",
                                   "other: delete USER_STATUS#disabled#3 USER#ID always",
                                   "other: put USER_LIST#3 USER#ID always",
                                   "other: put USER_STATUS#active#3 USER#ID always"));
}

TEST(AddUpdate, MovesADeletedUserToTheListOfDeletedUsers) {
  for (const UserStatus status : {UserStatus::kActive, UserStatus::kDisabled}) {
    EXPECT_THAT(UpdateOf(Before(status), Next(Before(UserStatus::kDeleted))),
                UnorderedElementsAre("profile: put USER#ID PROFILE if version=7",
                                     "entry: put AUDIT#ID 0000000008 if absent",
                                     "other: delete USER_EMAIL#ADA USER if userId=ID",
                                     "other: delete USER_STATUS#" +
                                         std::string(domain::NameOf(status)) + "#3 USER#ID always",
                                     "other: delete USER_LIST#3 USER#ID always",
                                     "other: put USER_STATUS#deleted#3 USER#ID always"));
  }
}

// List items stay in the shard that the user record names, regardless of the options.
TEST(AddUpdate, UsesTheShardOfTheUser) {
  UserRecord before = Before();
  before.shard = 1023;
  Change change;
  AddUpdate(change, before, Next(before), testing::UnsealedEntry(8));
  EXPECT_EQ(change.writes[2].key().partition, "USER_LIST#1023");
}

// Keys appear in AWS's reports and trails.
TEST(Keys, ContainNoPersonalData) {
  Change change;
  UserRecord created = testing::StoredUser(1);
  created.user.external_id = "example-id";
  created.user.user_name = "Ada";
  AddCreation(change, created, testing::UnsealedEntry(1));
  for (const storage::WriteOp& op : change.writes) {
    EXPECT_THAT(op.key().partition + op.key().sort, Not(HasSubstr("xample")));
    EXPECT_THAT(op.key().partition + op.key().sort, Not(HasSubstr("Ada")));
  }
}

TEST(Keys, MatchTheDesign) {
  using storage::Key;
  using storage::Table;
  EXPECT_EQ(ProfileKey("X"), Key(Table::kUsers, "USER#X", "PROFILE"));
  EXPECT_EQ(HandleKey(domain::HandleKind::kEmail, "ada@example.com"),
            Key(Table::kUsers, std::string("USER_EMAIL#") + kAda, "USER"));
  EXPECT_EQ(HandleKey(domain::HandleKind::kEmail, "ADA@example.COM"),
            HandleKey(domain::HandleKind::kEmail, "ada@example.com"));
  EXPECT_EQ(ListItemKey("X", 7), Key(Table::kUsers, "USER_LIST#7", "USER#X"));
}

TEST(ShardOf, DependsOnlyOnTheId) {
  EXPECT_EQ(ShardOf("01ARZ3NDEKTSV4RRFFQ69G5FAV", 1), 0U);
  EXPECT_EQ(ShardOf("01ARZ3NDEKTSV4RRFFQ69G5FAV", 8), 3U);
  EXPECT_EQ(ShardOf("01ARZ3NDEKTSV4RRFFQ69G5FAV", 1024), 947U);
  EXPECT_EQ(ShardOf("01ARZ3NDEKTSV4RRFFQ69G5FAW", 1024), 851U);
}

TEST(ListRange, ReadsEveryShardAfterTheLastUser) {
  const auto first = ListRange(ListFilter(), 3, "", 50);
  EXPECT_EQ(first.table, storage::Table::kUsers);
  EXPECT_EQ(first.partitions,
            (std::vector<std::string>{"USER_LIST#0", "USER_LIST#1", "USER_LIST#2"}));
  EXPECT_EQ(first.after, "");
  EXPECT_EQ(first.limit, 50U);
  ListFilter disabled;
  disabled.status = UserStatus::kDisabled;
  const auto next = ListRange(disabled, 1, "X", 5);
  EXPECT_EQ(next.partitions, (std::vector<std::string>{"USER_STATUS#disabled#0"}));
  EXPECT_EQ(next.after, "USER#X");
  EXPECT_EQ(next.last, "");
  ListFilter editors;
  editors.role = "editor";
  EXPECT_EQ(ListRange(editors, 2, "", 5).partitions,
            (std::vector<std::string>{"USER_ROLE#editor#0", "USER_ROLE#editor#1"}));
  // A status narrows a list by role, but it has no lists of its own.
  editors.status = UserStatus::kDisabled;
  EXPECT_EQ(ListRange(editors, 1, "X", 5).partitions,
            (std::vector<std::string>{"USER_ROLE#editor#0"}));
}

// A sort key is in the range exactly if the time of its id is. Ids of the milliseconds around the
// bounds, with the least and the greatest random part.
TEST(ListRange, BoundsTheTimesOfIds) {
  const auto sort = [](std::int64_t milliseconds, std::uint8_t random) {
    Ulid id;
    id.bytes.fill(random);
    for (std::size_t i = 0; i < 6; ++i) {
      id.bytes[i] = static_cast<std::uint8_t>(milliseconds >> (40 - 8 * i));
    }
    return "USER#" + id.ToString();
  };
  const auto admits = [&](const storage::QueryRange& range, std::int64_t milliseconds) {
    const bool least = sort(milliseconds, 0) > range.after &&
                       (range.last.empty() || sort(milliseconds, 0) <= range.last);
    const bool greatest = sort(milliseconds, 0xFF) > range.after &&
                          (range.last.empty() || sort(milliseconds, 0xFF) <= range.last);
    EXPECT_EQ(least, greatest);
    return least;
  };
  const auto at = [](std::int64_t milliseconds) {
    return Timestamp(std::chrono::milliseconds(milliseconds));
  };
  const std::int64_t now = 1'795'381'775'123;
  ListFilter filter;
  filter.created_from = at(now);
  auto range = ListRange(filter, 1, "", 5);
  EXPECT_FALSE(admits(range, now - 1));
  EXPECT_TRUE(admits(range, now));
  filter.created_to = at(now + 2);
  range = ListRange(filter, 1, "", 5);
  EXPECT_TRUE(admits(range, now + 1));
  EXPECT_FALSE(admits(range, now + 2));
  // A page continues behind its last user, and never before the first time.
  const std::string middle = sort(now + 1, 7).substr(5);
  EXPECT_EQ(ListRange(filter, 1, middle, 5).after, "USER#" + middle);
  EXPECT_EQ(ListRange(filter, 1, sort(now - 9, 7).substr(5), 5).after, range.after);

  filter.created_to = filter.created_from;
  EXPECT_TRUE(ListRange(filter, 1, "", 5).IsEmpty());
  // Times that no id has.
  for (const std::int64_t early : {std::int64_t{0}, std::int64_t{-62'167'219'200'000}}) {
    ListFilter from;
    from.created_from = at(early);
    EXPECT_TRUE(admits(ListRange(from, 1, "", 5), 0));
    ListFilter to;
    to.created_to = at(early);
    EXPECT_FALSE(admits(ListRange(to, 1, "", 5), 0));
  }
  ListFilter to;
  to.created_to = kEndOfTime;
  EXPECT_TRUE(admits(ListRange(to, 1, "", 5), now));
  EXPECT_TRUE(admits(ListRange(to, 1, "", 5), kEndOfTime.time_since_epoch().count() - 1));
}

TEST(AuditRange, ReadsAfterTheLastVersion) {
  const auto first = AuditRange("X", 0, 50);
  EXPECT_EQ(first.partitions, (std::vector<std::string>{"AUDIT#X"}));
  EXPECT_EQ(first.after, "");
  EXPECT_EQ(AuditRange("X", 42, 5).after, "0000000042");
}

}  // namespace
}  // namespace users::service
