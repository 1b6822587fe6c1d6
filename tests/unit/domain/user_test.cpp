#include "domain/user.h"

#include <gtest/gtest.h>

namespace users::domain {
namespace {

TEST(UserStatus, HasThreeNames) {
  for (const UserStatus status :
       {UserStatus::kActive, UserStatus::kDisabled, UserStatus::kDeleted}) {
    EXPECT_EQ(ParseUserStatus(NameOf(status)), status);
  }
  EXPECT_EQ(NameOf(UserStatus::kActive), "active");
  EXPECT_EQ(NameOf(UserStatus::kDisabled), "disabled");
  EXPECT_EQ(NameOf(UserStatus::kDeleted), "deleted");
  for (const char* name : {"", "Active", "ACTIVE", "active ", "enabled", "null"}) {
    EXPECT_FALSE(ParseUserStatus(name)) << name;
  }
}

TEST(Summarise, CopiesTheListedMembers) {
  User user;
  user.user_id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  user.email = "a@b";
  user.name = "Ada";
  user.status = UserStatus::kDisabled;
  user.external_id = "E-1";
  user.user_name = "ada";
  user.roles = {"admin"};
  user.version = 4;
  user.created_at = Timestamp(std::chrono::milliseconds(5));
  user.updated_at = Timestamp(std::chrono::milliseconds(9));
  const UserSummary summary = Summarise(user);
  EXPECT_EQ(summary.user_id, user.user_id);
  EXPECT_EQ(summary.email, user.email);
  EXPECT_EQ(summary.name, user.name);
  EXPECT_EQ(summary.status, user.status);
  EXPECT_EQ(summary.external_id, user.external_id);
  EXPECT_EQ(summary.user_name, user.user_name);
  EXPECT_EQ(summary.roles, user.roles);
  EXPECT_EQ(summary.version, user.version);
  EXPECT_EQ(summary.created_at, user.created_at);
}

TEST(HaveSameContent, ComparesEveryFieldThatAChangeMayTouch) {
  const User user;
  EXPECT_TRUE(HaveSameContent(user, User()));
  const auto differs = [&](auto change) {
    User other;
    change(other);
    return !HaveSameContent(user, other);
  };
  EXPECT_TRUE(differs([](User& other) { other.email = "x"; }));
  EXPECT_TRUE(differs([](User& other) { other.name = "x"; }));
  EXPECT_TRUE(differs([](User& other) { other.external_id = ""; }));
  EXPECT_TRUE(differs([](User& other) { other.user_name = ""; }));
  EXPECT_TRUE(differs([](User& other) { other.status = UserStatus::kDisabled; }));
  EXPECT_TRUE(differs([](User& other) { other.roles = {"x"}; }));
  EXPECT_TRUE(differs([](User& other) { other.metadata = {{"x", ""}}; }));
}

TEST(HasRole, MatchesWholeNames) {
  User user;
  EXPECT_FALSE(HasRole(user, "admin"));
  user.roles = {"admin", "viewer"};
  EXPECT_TRUE(HasRole(user, "admin"));
  EXPECT_TRUE(HasRole(user, "viewer"));
  EXPECT_FALSE(HasRole(user, "adm"));
  EXPECT_FALSE(HasRole(user, "editor"));
  EXPECT_FALSE(HasRole(user, ""));
}

TEST(Apply, SetsAndRemovesSingleKeys) {
  Metadata metadata = {{"a", "1"}, {"b", "2"}, {"c", "3"}};
  Apply({{"a", "new"}, {"b", std::nullopt}, {"d", "4"}, {"e", std::nullopt}}, metadata);
  EXPECT_EQ(metadata, (Metadata{{"a", "new"}, {"c", "3"}, {"d", "4"}}));
  Apply({}, metadata);
  EXPECT_EQ(metadata.size(), 3U);
}

}  // namespace
}  // namespace users::domain
