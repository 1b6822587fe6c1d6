#include "domain/audit_entry.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/json/json.h"
#include "support/random_text.h"

namespace users::domain {
namespace {

User Ada() {
  User user;
  user.user_id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  user.email = "Ada@Example.com";
  user.name = "Ada \"Countess\" L\xC3\xB6velace";
  user.roles = {"admin", "viewer"};
  user.metadata = {{"team", "b"}, {"colour", "red"}};
  return user;
}

TEST(ChangesBetween, ListsAllFieldsAtCreationExceptAbsentHandles) {
  EXPECT_EQ(ChangesBetween(nullptr, Ada()),
            "{\"email\":{\"after\":\"Ada@Example.com\",\"before\":null},"
            "\"metadata\":{\"after\":{\"colour\":\"red\",\"team\":\"b\"},\"before\":null},"
            "\"name\":{\"after\":\"Ada \\\"Countess\\\" L\xC3\xB6velace\",\"before\":null},"
            "\"roles\":{\"after\":[\"admin\",\"viewer\"],\"before\":null},"
            "\"status\":{\"after\":\"active\",\"before\":null}}");
}

TEST(ChangesBetween, ListsEmptyFieldsAtCreation) {
  EXPECT_EQ(ChangesBetween(nullptr, User()),
            R"({"email":{"after":"","before":null},"metadata":{"after":{},"before":null},)"
            R"("name":{"after":"","before":null},"roles":{"after":[],"before":null},)"
            R"("status":{"after":"active","before":null}})");
}

TEST(ChangesBetween, ListsOnlyChangedFieldsWithWholeValues) {
  const User before = Ada();
  User after = before;
  EXPECT_EQ(ChangesBetween(&before, after), "{}");

  after.email = "ada@example.com";  // a change of letter case alone is a change
  EXPECT_EQ(ChangesBetween(&before, after),
            R"({"email":{"after":"ada@example.com","before":"Ada@Example.com"}})");

  after = before;
  after.metadata.erase("team");
  EXPECT_EQ(ChangesBetween(&before, after),
            R"({"metadata":{"after":{"colour":"red"},"before":{"colour":"red","team":"b"}}})");

  after = before;
  after.roles.pop_back();
  after.status = UserStatus::kDeleted;
  EXPECT_EQ(ChangesBetween(&before, after),
            R"({"roles":{"after":["admin"],"before":["admin","viewer"]},)"
            R"("status":{"after":"deleted","before":"active"}})");
}

TEST(ChangesBetween, ListsTheHandlesThatWereGivenAtCreation) {
  User user;
  user.external_id = "E-1";
  user.user_name = "Ada";
  EXPECT_EQ(ChangesBetween(nullptr, user),
            R"({"email":{"after":"","before":null},"externalId":{"after":"E-1","before":null},)"
            R"("metadata":{"after":{},"before":null},"name":{"after":"","before":null},)"
            R"("roles":{"after":[],"before":null},"status":{"after":"active","before":null},)"
            R"("userName":{"after":"Ada","before":null}})");
}

TEST(ChangesBetween, ShowsAnAbsentHandleAsNull) {
  const User without = Ada();
  User with = without;
  with.external_id = "E-1";
  with.user_name = "Ada";
  EXPECT_EQ(ChangesBetween(&without, with), R"({"externalId":{"after":"E-1","before":null},)"
                                            R"("userName":{"after":"Ada","before":null}})");
  EXPECT_EQ(ChangesBetween(&with, without), R"({"externalId":{"after":null,"before":"E-1"},)"
                                            R"("userName":{"after":null,"before":"Ada"}})");
}

TEST(ChangesBetween, IgnoresVersionAndTime) {
  const User before = Ada();
  User after = before;
  after.version = 7;
  after.updated_at += std::chrono::hours(1);
  EXPECT_EQ(ChangesBetween(&before, after), "{}");
}

User AnyUser() {
  const auto text = testing::AnyUtf8();
  User user;
  user.email = *text;
  user.name = *text;
  user.status = *rc::gen::element(UserStatus::kActive, UserStatus::kDisabled, UserStatus::kDeleted);
  user.roles = *rc::gen::container<std::vector<std::string>>(text);
  user.metadata = *rc::gen::container<Metadata>(text, text);
  if (*rc::gen::arbitrary<bool>()) user.external_id = *text;
  if (*rc::gen::arbitrary<bool>()) user.user_name = *text;
  return user;
}

boost::json::object FieldsOf(const User& user) {
  boost::json::object fields;
  fields["status"] = NameOf(user.status);
  fields["name"] = user.name;
  fields["email"] = user.email;
  fields["roles"] = boost::json::value_from(user.roles);
  fields["metadata"] = boost::json::object();
  for (const auto& [key, value] : user.metadata) fields["metadata"].as_object()[key] = value;
  fields["externalId"] = nullptr;
  fields["userName"] = nullptr;
  if (user.external_id) fields["externalId"] = *user.external_id;
  if (user.user_name) fields["userName"] = *user.user_name;
  return fields;
}

RC_GTEST_PROP(ChangesBetween, IsTheCanonicalDifference, ()) {
  const User before = AnyUser();
  User after = AnyUser();
  if (*rc::gen::arbitrary<bool>()) after.metadata = before.metadata;
  if (*rc::gen::arbitrary<bool>()) after.roles = before.roles;
  const bool is_creation = *rc::gen::arbitrary<bool>();
  boost::json::object expected;
  const boost::json::object old = FieldsOf(before);
  for (const auto& field : FieldsOf(after)) {
    const boost::json::value was = is_creation ? boost::json::value() : old.at(field.key());
    if (was == field.value()) continue;
    boost::json::object& change = expected[field.key()].emplace_object();
    change["before"] = was;
    change["after"] = field.value();
  }
  RC_ASSERT(ChangesBetween(is_creation ? nullptr : &before, after) == json::Canonical(expected));
  std::vector<std::string> names;
  for (const auto& field : expected) names.emplace_back(field.key());
  std::sort(names.begin(), names.end());
  AuditEntry entry;
  SetChanges(entry, is_creation ? nullptr : &before, after);
  RC_ASSERT(entry.changed_fields == names);
}

AuditEntry Described(std::string_view action, const User* before, const User& after) {
  AuditEntry entry;
  entry.action = action;
  entry.role = "left over";
  SetChanges(entry, before, after);
  EXPECT_EQ(entry.changes, ChangesBetween(before, after));
  return entry;
}

using Names = std::vector<std::string>;

TEST(SetChanges, NamesTheChangedFields) {
  const AuditEntry created = Described(action::kUserCreated, nullptr, Ada());
  EXPECT_EQ(created.changed_fields, (Names{"email", "metadata", "name", "roles", "status"}));
  EXPECT_FALSE(created.role);
  EXPECT_FALSE(created.status);

  const User before = Ada();
  User after = before;
  after.name = "Ada King";
  after.email = "king@example.com";
  const AuditEntry updated = Described(action::kUserUpdated, &before, after);
  EXPECT_EQ(updated.changed_fields, (Names{"email", "name"}));
  EXPECT_FALSE(updated.role);
  EXPECT_FALSE(updated.status);
}

TEST(SetChanges, NamesAHandleThatIsGivenOrRemoved) {
  User with = Ada();
  with.user_name = "ada";
  with.external_id = "E-1";
  EXPECT_EQ(Described(action::kUserCreated, nullptr, with).changed_fields,
            (Names{"email", "externalId", "metadata", "name", "roles", "status", "userName"}));
  const User without = Ada();
  EXPECT_EQ(Described(action::kUserUpdated, &with, without).changed_fields,
            (Names{"externalId", "userName"}));
}

TEST(SetChanges, NamesTheRoleAndTheNewStatus) {
  const User before = Ada();  // has admin and viewer
  User after = before;
  after.roles = {"admin", "editor", "viewer"};
  const AuditEntry assigned = Described(action::kRoleAssigned, &before, after);
  EXPECT_EQ(assigned.role, "editor");
  EXPECT_FALSE(assigned.status);
  EXPECT_EQ(assigned.changed_fields, Names{"roles"});

  after.roles = {"viewer"};
  const AuditEntry removed = Described(action::kRoleRemoved, &before, after);
  EXPECT_EQ(removed.role, "admin");
  EXPECT_FALSE(removed.status);

  after = before;
  after.status = UserStatus::kDeleted;
  const AuditEntry deleted = Described(action::kStatusChanged, &before, after);
  EXPECT_EQ(deleted.status, "deleted");
  EXPECT_FALSE(deleted.role);
  EXPECT_EQ(deleted.changed_fields, Names{"status"});
}

TEST(RedactChanges, KeepsOnlyStatusAndRoles) {
  EXPECT_EQ(RedactChanges(ChangesBetween(nullptr, Ada())),
            R"({"email":{},"metadata":{},"name":{},)"
            R"("roles":{"after":["admin","viewer"],"before":null},)"
            R"("status":{"after":"active","before":null}})");
  EXPECT_EQ(RedactChanges("{}"), "{}");
  User named = Ada();
  named.external_id = "E-1";
  named.user_name = "ada";
  const User before = Ada();
  EXPECT_EQ(RedactChanges(ChangesBetween(&before, named)), R"({"externalId":{},"userName":{}})");
}

// A field that a later version adds may hold personal data too.
TEST(RedactChanges, HidesUnknownFields) {
  EXPECT_EQ(RedactChanges(R"({"phone":{"after":"+49","before":null},"status":{"after":"x"}})"),
            R"({"phone":{},"status":{"after":"x"}})");
}

TEST(RedactChanges, ReturnsEmptyObjectForUnreadableInput) {
  for (const std::string_view text : {"", "null", "[\"a@b\"]", "\"a@b\"", "{\"email\":", "{} x"}) {
    EXPECT_EQ(RedactChanges(text), "{}") << text;
  }
}

}  // namespace
}  // namespace users::domain
