#include "api/representation.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace users::api {
namespace {

domain::User Ada() {
  domain::User user;
  user.user_id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  user.email = "Ada@Example.com";
  user.name = "Ada \"Countess\" L\xC3\xB6velace";
  user.status = domain::UserStatus::kDisabled;
  user.roles = {"auditor", "gone", "viewer"};
  user.metadata = {{"a\"", "\\"}, {"b", ""}};
  user.version = 3;
  user.created_at = Timestamp(std::chrono::milliseconds(1'795'381'775'123));
  user.updated_at = user.created_at + std::chrono::milliseconds(877);
  return user;
}

domain::RoleCatalogue DefaultRoles() {
  return *domain::RoleCatalogue::Parse(domain::DefaultRoleCatalogue());
}

TEST(UserJson, HasMembersInContractOrder) {
  EXPECT_EQ(
      UserJson(Ada(), DefaultRoles()),
      "{\"userId\":\"01ARZ3NDEKTSV4RRFFQ69G5FAV\",\"email\":\"Ada@Example.com\","
      "\"name\":\"Ada \\\"Countess\\\" L\xC3\xB6velace\",\"status\":\"disabled\","
      "\"roles\":[\"auditor\",\"gone\",\"viewer\"],"
      "\"permissions\":[\"audit:read\",\"users:list\",\"users:read\"],"
      "\"metadata\":{\"a\\\"\":\"\\\\\",\"b\":\"\"},\"version\":3,"
      "\"createdAt\":\"2026-11-22T21:09:35.123Z\",\"updatedAt\":\"2026-11-22T21:09:36.000Z\"}");
}

TEST(UserJson, WritesHandlesAfterTheName) {
  domain::User user = Ada();
  user.external_id = "E \"1\"";
  EXPECT_NE(
      UserJson(user, DefaultRoles()).find(R"(velace","externalId":"E \"1\"","status":"disabled")"),
      std::string::npos);
  user.user_name = "ada";
  EXPECT_NE(UserJson(user, DefaultRoles())
                .find(R"(velace","externalId":"E \"1\"","userName":"ada","status":"disabled")"),
            std::string::npos);
  user.external_id.reset();
  EXPECT_NE(UserJson(user, DefaultRoles()).find(R"(velace","userName":"ada","status":"disabled")"),
            std::string::npos);
}

TEST(UserJson, WritesEmptyListsAndMetadata) {
  domain::User user = Ada();
  user.roles = {};
  user.metadata = {};
  const std::string text = UserJson(user, DefaultRoles());
  EXPECT_NE(text.find(R"("roles":[],"permissions":[],"metadata":{},)"), std::string::npos) << text;
}

TEST(AppendSummary, WritesTheMembersOfAListedUser) {
  std::string out = "x";
  AppendSummary(out, Summarise(Ada()));
  EXPECT_EQ(out,
            "x{\"userId\":\"01ARZ3NDEKTSV4RRFFQ69G5FAV\",\"email\":\"Ada@Example.com\","
            "\"name\":\"Ada \\\"Countess\\\" L\xC3\xB6velace\",\"status\":\"disabled\","
            "\"roles\":[\"auditor\",\"gone\",\"viewer\"],"
            "\"createdAt\":\"2026-11-22T21:09:35.123Z\",\"version\":3}");
}

TEST(AppendSummary, WritesHandlesAfterTheName) {
  domain::User user = Ada();
  user.external_id = "E-1";
  user.user_name = "ada";
  std::string out;
  AppendSummary(out, Summarise(user));
  EXPECT_NE(out.find(R"(velace","externalId":"E-1","userName":"ada","status":"disabled","roles":)"),
            std::string::npos)
      << out;
}

TEST(StatusAndRolesResponses, OmitUnrelatedMembers) {
  const service::StoredResponse status = StatusResponse(Ada());
  EXPECT_EQ(status.status, 200);
  EXPECT_EQ(status.version, 3U);
  EXPECT_EQ(status.location, "");
  EXPECT_EQ(status.body,
            R"({"userId":"01ARZ3NDEKTSV4RRFFQ69G5FAV","status":"disabled","version":3,)"
            R"("updatedAt":"2026-11-22T21:09:36.000Z"})");
  const service::StoredResponse roles = RolesResponse(Ada());
  EXPECT_EQ(roles.status, 200);
  EXPECT_EQ(roles.version, 3U);
  EXPECT_EQ(roles.body,
            R"({"userId":"01ARZ3NDEKTSV4RRFFQ69G5FAV","roles":["auditor","gone","viewer"],)"
            R"("version":3,"updatedAt":"2026-11-22T21:09:36.000Z"})");
}

TEST(WriteResponse, ReplaysTheStoredResponse) {
  service::WriteOutcome outcome("01A", service::StoredResponse{201, "body", 4, "/users/01A"}, true);
  const auto response = WriteResponse(std::move(outcome));
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->body, "body");
  EXPECT_EQ(response->version, 4U);
  EXPECT_EQ(response->location, "/users/01A");
  EXPECT_TRUE(response->replayed);
  EXPECT_EQ(response->user_id, "01A");
  EXPECT_EQ(response->error_code, "");
}

TEST(WriteResponse, ForwardsErrors) {
  const auto response = WriteResponse(Error::Of(ErrorCode::kNotFound, "gone"));
  ASSERT_FALSE(response.ok());
  EXPECT_EQ(response.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace users::api
