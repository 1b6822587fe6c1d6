#include "domain/handle.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace users::domain {
namespace {

TEST(HandleKind, HasThreeNames) {
  std::set<std::string> names;
  for (const HandleKind kind : kHandleKinds) {
    names.emplace(NameOf(kind));
    EXPECT_EQ(ParseHandleKind(NameOf(kind)), kind);
  }
  EXPECT_EQ(names, (std::set<std::string>{"email", "externalId", "userName"}));
  for (const char* name : {"", "Email", "externalid", "userName ", "name"}) {
    EXPECT_EQ(ParseHandleKind(name), std::nullopt) << name;
  }
}

template <class T>
void ExpectHandles(T user) {
  user.email = "a@b";
  EXPECT_EQ(*HandleOf(user, HandleKind::kEmail), "a@b");
  EXPECT_EQ(HandleOf(user, HandleKind::kExternalId), nullptr);
  EXPECT_EQ(HandleOf(user, HandleKind::kUserName), nullptr);
  user.external_id = "E";
  user.user_name = "ada";
  EXPECT_EQ(*HandleOf(user, HandleKind::kExternalId), "E");
  EXPECT_EQ(*HandleOf(user, HandleKind::kUserName), "ada");
}

TEST(HandleOf, ReturnsNullForAnAbsentHandle) {
  ExpectHandles(User());
  ExpectHandles(UserSummary());
}

TEST(ComparedForm, IgnoresAsciiCaseExceptInExternalIds) {
  EXPECT_EQ(ComparedForm(HandleKind::kEmail, "A@B.Org"), "a@b.org");
  EXPECT_EQ(ComparedForm(HandleKind::kUserName, "ADA \xC3\x84"), "ada \xC3\x84");
  EXPECT_EQ(ComparedForm(HandleKind::kExternalId, "Ada"), "Ada");
}

TEST(CheckHandle, AppliesTheRuleOfItsKind) {
  json::FieldErrors errors;
  EXPECT_EQ(CheckHandle(HandleKind::kEmail, " A@b ", errors), "A@b");
  EXPECT_EQ(CheckHandle(HandleKind::kExternalId, " not an address ", errors), "not an address");
  EXPECT_EQ(CheckHandle(HandleKind::kUserName, " Ada ", errors), "Ada");
  EXPECT_TRUE(errors.empty());
  for (const HandleKind kind : kHandleKinds) {
    json::FieldErrors faults;
    EXPECT_EQ(CheckHandle(kind, " ", faults), std::nullopt);
    ASSERT_EQ(faults.list().size(), 1U);
    EXPECT_EQ(faults.list()[0].field, NameOf(kind));
  }
}

TEST(HandleInUse, HasAReasonOfItsOwn) {
  const std::pair<HandleKind, ConflictReason> reasons[] = {
      {HandleKind::kEmail, ConflictReason::kEmailInUse},
      {HandleKind::kExternalId, ConflictReason::kExternalIdInUse},
      {HandleKind::kUserName, ConflictReason::kUserNameInUse}};
  for (const auto& [kind, reason] : reasons) {
    const Error error = HandleInUse(kind);
    EXPECT_EQ(error.code, ErrorCode::kConflict);
    EXPECT_EQ(error.conflict_reason, reason);
    EXPECT_FALSE(error.message.empty());
  }
}

}  // namespace
}  // namespace users::domain
