#include "domain/role_catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace users::domain {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string Repeat(std::string_view text, std::size_t count) {
  std::string repeated;
  for (std::size_t i = 0; i < count; ++i) repeated += text;
  return repeated;
}

std::string WithRole(std::string_view role) {
  return R"({"version":1,"roles":[)" + std::string(role) + "]}";
}

std::string RoleNamed(std::string_view name) {
  return R"({"name":")" + std::string(name) + R"(","description":"d","permissions":[]})";
}

std::string WithPermissions(std::string_view list) {
  return WithRole(R"({"name":"a","description":"d","permissions":[)" + std::string(list) + "]}");
}

std::vector<std::string> FaultsOf(std::string_view text) {
  const auto parsed = RoleCatalogue::Parse(text);
  std::vector<std::string> fields;
  if (parsed.ok()) return fields;
  EXPECT_EQ(parsed.error().code, ErrorCode::kValidation);
  for (const FieldError& error : parsed.error().fields) fields.push_back(error.field);
  EXPECT_FALSE(fields.empty()) << text;
  return fields;
}

TEST(RoleCatalogue, ParsesTheContractFormat) {
  const auto catalogue = RoleCatalogue::Parse(R"({"version": 1, "deletableBy": ["arn:*"], "roles": [
      {"name": "b-2", "description": "", "permissions": ["z:z", "a:a", "z:z"]},
      {"name": "a", "description": "Ä", "permissions": [], "grantableBy": ["arn:?"]}]})");
  ASSERT_TRUE(catalogue.ok());
  const Role* role = catalogue->Find("b-2");
  ASSERT_NE(role, nullptr);
  EXPECT_THAT(role->permissions, ElementsAre("a:a", "z:z"));
  EXPECT_FALSE(role->grantable_by);
  EXPECT_EQ(catalogue->Find("a")->description, "\xC3\x84");
  EXPECT_EQ(catalogue->Find("B-2"), nullptr);
  EXPECT_EQ(catalogue->Find(""), nullptr);
}

TEST(RoleCatalogue, MayBeEmpty) {
  EXPECT_THAT(FaultsOf(R"({"version":1,"roles":[]})"), IsEmpty());
}

struct Fault {
  std::string text;
  std::string field;
};

TEST(RoleCatalogue, RejectsOtherFormsAndNamesTheField) {
  const Fault faults[] = {
      {"", "the file"},
      {"{", "the file"},
      {"[]", "file"},
      {"null", "file"},
      {R"({"roles":[]})", "version"},
      {R"({"version":2,"roles":[]})", "version"},
      {R"({"version":"1","roles":[]})", "version"},
      {R"({"version":1.0,"roles":[]})", "version"},
      {R"({"version":null,"roles":[]})", "version"},
      {R"({"version":1})", "roles"},
      {R"({"version":1,"roles":{}})", "roles"},
      {R"({"version":1,"roles":null})", "roles"},
      {R"({"version":1,"roles":[],"comment":"x"})", "comment"},
      {R"({"version":1,"roles":[],"roles":[]})", "roles"},
      {R"({"version":1,"roles":[],"deletableBy":null})", "deletableBy"},
      {R"({"version":1,"roles":[],"deletableBy":"*"})", "deletableBy"},
      {R"({"version":1,"roles":[],"deletableBy":["*",1]})", "deletableBy[1]"},
      {WithRole("1"), "roles[0]"},
      {WithRole("null"), "roles[0]"},
      {WithRole(R"({"description":"d","permissions":[]})"), "roles[0].name"},
      {WithRole(R"({"name":1,"description":"d","permissions":[]})"), "roles[0].name"},
      {WithRole(R"({"name":"a","permissions":[]})"), "roles[0].description"},
      {WithRole(R"({"name":"a","description":null,"permissions":[]})"), "roles[0].description"},
      {WithRole(R"({"name":"a","description":"d"})"), "roles[0].permissions"},
      {WithRole(R"({"name":"a","description":"d","permissions":"x"})"), "roles[0].permissions"},
      {WithRole(R"({"name":"a","description":"d","permissions":[],"grantable":[]})"),
       "roles[0].grantable"},
      {WithRole(R"({"name":"a","description":"d","permissions":[],"grantableBy":null})"),
       "roles[0].grantableBy"},
      {WithRole(R"({"name":"a","description":"d","permissions":[],"grantableBy":[null]})"),
       "roles[0].grantableBy[0]"},
      {WithRole(R"({"name":"a","name":"a","description":"d","permissions":[]})"), "roles[0].name"},
      {WithRole(RoleNamed("a") + "," + RoleNamed("b") + "," + RoleNamed("a")), "roles[2].name"},
      {WithRole(R"({"name":"a","description":")" + Repeat("\xC3\xA4", 257) +
                R"(","permissions":[]})"),
       "roles[0].description"},
      {WithPermissions("1"), "roles[0].permissions[0]"},
      {WithPermissions(R"("ok","")"), "roles[0].permissions[1]"},
      {WithPermissions(R"("a b")"), "roles[0].permissions[0]"},
      {WithPermissions(R"("a\u0000")"), "roles[0].permissions[0]"},
      {WithPermissions(R"("ä")"), "roles[0].permissions[0]"},
      {WithPermissions(R"("a,b")"), "roles[0].permissions[0]"},
      {WithPermissions("\"" + std::string(129, 'p') + "\""), "roles[0].permissions[0]"},
      {WithPermissions(Repeat(R"("p",)", 64) + R"("p")"), "roles[0].permissions"},
  };
  for (const Fault& fault : faults) EXPECT_THAT(FaultsOf(fault.text), ElementsAre(fault.field));
}

TEST(RoleCatalogue, EnforcesItsLimits) {
  EXPECT_THAT(FaultsOf(WithPermissions("\"" + std::string(128, 'p') + "\"")), IsEmpty());
  EXPECT_THAT(FaultsOf(WithPermissions(R"("AZaz09._:/*-")")), IsEmpty());
  EXPECT_THAT(FaultsOf(WithPermissions(Repeat(R"("p",)", 63) + R"("p")")), IsEmpty());
  EXPECT_THAT(FaultsOf(WithRole(R"({"name":"a","description":")" + Repeat("\xC3\xA4", 256) +
                                R"(","permissions":[]})")),
              IsEmpty());
  std::string roles = RoleNamed("r0");
  for (int i = 1; i < 256; ++i) roles += "," + RoleNamed("r" + std::to_string(i));
  EXPECT_THAT(FaultsOf(WithRole(roles)), IsEmpty());
  EXPECT_THAT(FaultsOf(WithRole(roles + "," + RoleNamed("r256"))), ElementsAre("roles"));
}

TEST(RoleCatalogue, RestrictsNamesToLowerCaseLettersDigitsAndHyphens) {
  for (const std::string& name :
       {std::string("a"), std::string("a-1"), std::string("z9-"), "a" + std::string(63, '0')}) {
    EXPECT_THAT(FaultsOf(WithRole(RoleNamed(name))), IsEmpty()) << name;
  }
  for (const std::string& name :
       {std::string(), std::string("A"), std::string("1a"), std::string("-a"), std::string("a_b"),
        std::string("a b"), std::string("a,b"), std::string("a/b"), std::string("ä"),
        std::string("a\\u0000"), std::string("a\\n"), "a" + std::string(64, '0')}) {
    EXPECT_THAT(FaultsOf(WithRole(RoleNamed(name))), ElementsAre("roles[0].name")) << name;
  }
}

TEST(RoleCatalogue, ReportsAllFaultsAtOnce) {
  EXPECT_THAT(FaultsOf(R"({"version":3,"x":1,"deletableBy":1,"roles":[{"name":"A","y":1},{}]})"),
              testing::UnorderedElementsAre("version", "x", "deletableBy", "roles[0].name",
                                            "roles[0].description", "roles[0].permissions",
                                            "roles[0].y", "roles[1].name", "roles[1].description",
                                            "roles[1].permissions"));
}

class GrantTest : public testing::Test {
 protected:
  RoleCatalogue catalogue_ = *RoleCatalogue::Parse(R"({"version":1,"deletableBy":[],"roles":[
      {"name":"anyone","description":"","permissions":["p:1","p:3"]},
      {"name":"nobody","description":"","permissions":["p:2"],"grantableBy":[]},
      {"name":"some","description":"","permissions":["p:2","p:3"],"grantableBy":[
         "arn:aws:iam::1:user/root","arn:aws:sts::1:assumed-role/Admin/*",
         "arn:aws:iam::1:user/op?"]}]})");
};

TEST_F(GrantTest, ReturnsSortedUnionOfPermissions) {
  EXPECT_THAT(catalogue_.PermissionsOf({}), IsEmpty());
  EXPECT_THAT(catalogue_.PermissionsOf({"some", "anyone"}), ElementsAre("p:1", "p:2", "p:3"));
  EXPECT_THAT(catalogue_.PermissionsOf({"gone", "nobody"}), ElementsAre("p:2"));
  EXPECT_THAT(catalogue_.PermissionsOf({"gone"}), IsEmpty());
}

TEST_F(GrantTest, LetsOnlyListedCallersGrant) {
  EXPECT_TRUE(catalogue_.MayGrant("anyone", "arn:aws:iam::1:user/x"));
  EXPECT_FALSE(catalogue_.MayGrant("nobody", "arn:aws:iam::1:user/root"));
  EXPECT_TRUE(catalogue_.MayGrant("some", "arn:aws:iam::1:user/root"));
  EXPECT_TRUE(catalogue_.MayGrant("some", "arn:aws:iam::1:user/op7"));
  EXPECT_FALSE(catalogue_.MayGrant("some", "arn:aws:iam::1:user/op77"));
  EXPECT_FALSE(catalogue_.MayGrant("some", "arn:aws:iam::1:user/Root"));
  EXPECT_FALSE(catalogue_.MayGrant("some", "xarn:aws:iam::1:user/root"));
  // The whole ARN is matched, session name included.
  EXPECT_TRUE(catalogue_.MayGrant("some", "arn:aws:sts::1:assumed-role/Admin/alice"));
  EXPECT_FALSE(catalogue_.MayGrant("some", "arn:aws:sts::1:assumed-role/Admin"));
  // Any caller that the policy admits may remove a role that is no longer in the catalogue.
  EXPECT_TRUE(catalogue_.MayGrant("gone", "arn:aws:iam::1:user/x"));
}

TEST_F(GrantTest, LetsOnlyListedCallersDelete) {
  EXPECT_FALSE(catalogue_.MayDelete("arn:aws:iam::1:user/root"));
  const auto absent = RoleCatalogue::Parse(R"({"version":1,"roles":[]})");
  EXPECT_TRUE(absent->MayDelete("arn:aws:iam::1:user/x"));
  const auto listed = RoleCatalogue::Parse(R"({"version":1,"roles":[],"deletableBy":["*/root"]})");
  EXPECT_TRUE(listed->MayDelete("arn:aws:iam::1:user/root"));
  EXPECT_FALSE(listed->MayDelete("arn:aws:iam::1:user/x"));
}

TEST(DefaultRoleCatalogue, HasTheFourShippedRoles) {
  const auto catalogue = RoleCatalogue::Parse(DefaultRoleCatalogue());
  ASSERT_TRUE(catalogue.ok());
  for (const char* name : {"admin", "editor", "viewer", "auditor"}) {
    EXPECT_NE(catalogue->Find(name), nullptr) << name;
    EXPECT_TRUE(catalogue->MayGrant(name, "arn:aws:iam::123456789012:user/any"));
  }
  EXPECT_TRUE(catalogue->MayDelete("arn:aws:iam::123456789012:user/any"));
}

}  // namespace
}  // namespace users::domain
