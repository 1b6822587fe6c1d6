#include "api/routes.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/text/text.h"

namespace users::api {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kId = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

struct Path {
  std::string path;
  std::map<std::string, Operation> methods;
  std::string allow;
};

std::vector<Path> AllPaths() {
  const std::string user = "/users/" + std::string(kId);
  return {
      {"/users",
       {{"GET", Operation::kUsersListQuery}, {"POST", Operation::kUsersRegisterCreate}},
       "GET, POST"},
      {user,
       {{"GET", Operation::kUsersProfileGet}, {"PATCH", Operation::kUsersProfileUpdate}},
       "GET, PATCH"},
      {user + "/status", {{"PUT", Operation::kUsersStatusUpdate}}, "PUT"},
      {user + "/roles", {{"POST", Operation::kUsersRoleAssign}}, "POST"},
      {user + "/roles/admin", {{"DELETE", Operation::kUsersRoleRemove}}, "DELETE"},
      {user + "/audit", {{"GET", Operation::kUsersAuditQuery}}, "GET"},
      {user + "/at/2026-01-01T00:00:00Z", {{"GET", Operation::kUsersProfileAt}}, "GET"},
      {"/users/batch-get", {{"POST", Operation::kUsersBatchGet}}, "POST"},
  };
}

TEST(FindRoute, MapsEveryMethodOfEveryPath) {
  for (const Path& path : AllPaths()) {
    for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE",
                               "CONNECT", "get", "Get", "GETS", "PROPFIND", ""}) {
      const Route route = FindRoute(method, path.path);
      EXPECT_TRUE(route.path_exists) << path.path;
      EXPECT_EQ(route.allow, path.allow);
      const auto expected = path.methods.find(method);
      if (expected == path.methods.end()) {
        EXPECT_EQ(route.operation, std::nullopt) << method << " " << path.path;
      } else {
        EXPECT_EQ(route.operation, expected->second) << method << " " << path.path;
      }
    }
  }
}

TEST(FindRoute, DecodesSegmentsOnce) {
  struct Case {
    std::string_view path;
    std::string_view user_id;
    std::string_view role;
    std::string_view decoded;
  };
  const Case cases[] = {
      {"/users", "", "", "/users"},
      {"/%75sers", "", "", "/users"},
      {"/users/01A", "01A", "", "/users/01A"},
      {"/users/%30%31A", "01A", "", "/users/01A"},
      {"/users/searches", "searches", "", "/users/searches"},
      {"/users/%73earch", "", "", "/users/search"},
      {"/users/01A/%73tatus", "01A", "", "/users/01A/status"},
      {"/users/01A/roles/a%20b", "01A", "a b", "/users/01A/roles/a b"},
      {"/users/01A/roles/a+b", "01A", "a+b", "/users/01A/roles/a+b"},
      {"/users/01A/roles/%2561dmin", "01A", "%61dmin", "/users/01A/roles/%61dmin"},
      {"/users/01A/roles/%252F", "01A", "%2F", "/users/01A/roles/%2F"},
      {"/users/01A/roles/%C3%A4", "01A", "\xC3\xA4", "/users/01A/roles/\xC3\xA4"},
      {"/users/01A/roles/*", "01A", "*", "/users/01A/roles/*"},
      {"/users/01A/roles/...", "01A", "...", "/users/01A/roles/..."},
      {"/users/01A/roles/a;x=1", "01A", "a;x=1", "/users/01A/roles/a;x=1"},
      {"/users/01A/roles/%3F", "01A", "?", "/users/01A/roles/?"},
  };
  for (const Case& test : cases) {
    const Route route = FindRoute("GET", test.path);
    EXPECT_TRUE(route.path_exists) << test.path;
    EXPECT_EQ(route.user_id, test.user_id) << test.path;
    EXPECT_EQ(route.role, test.role) << test.path;
    EXPECT_EQ(route.decoded_path, test.decoded) << test.path;
  }
}

TEST(FindRoute, DecodesTheTime) {
  const Route route = FindRoute("GET", "/users/01A/at/2026-01-01T00%3A00:00+01:00");
  EXPECT_EQ(route.operation, Operation::kUsersProfileAt);
  EXPECT_EQ(route.user_id, "01A");
  EXPECT_EQ(route.time, "2026-01-01T00:00:00+01:00");
  EXPECT_EQ(route.decoded_path, "/users/01A/at/2026-01-01T00:00:00+01:00");
}

TEST(FindRoute, PrefersAWordToAUserId) {
  EXPECT_EQ(FindRoute("POST", "/users/batch-get").user_id, "");
  EXPECT_EQ(FindRoute("POST", "/users/batch%2Dget").operation, Operation::kUsersBatchGet);
  EXPECT_EQ(FindRoute("GET", "/users/batch-get").operation, std::nullopt);
  EXPECT_EQ(FindRoute("PATCH", "/users/batch-get").allow, "POST");
  EXPECT_EQ(FindRoute("GET", "/users/Batch-get").operation, Operation::kUsersProfileGet);
  EXPECT_EQ(FindRoute("PUT", "/users/batch-get/status").operation, Operation::kUsersStatusUpdate);
}

TEST(FindRoute, RejectsAllOtherPaths) {
  for (const std::string_view path : {
           ""sv,
           "/"sv,
           "*"sv,
           "users"sv,
           "//users"sv,
           "/users/"sv,
           "/users//"sv,
           "/Users"sv,
           "/user"sv,
           "/usersx"sv,
           "/users/01A/"sv,
           "/users//status"sv,
           "/users/01A//status"sv,
           "/users/01A/Status"sv,
           "/users/01A/statuses"sv,
           "/users/01A/status/"sv,
           "/users/01A/status/x"sv,
           "/users/01A/roles/"sv,
           "/users/01A/roles/admin/"sv,
           "/users/01A/roles/admin/x"sv,
           "/users/01A/audit/1"sv,
           "/users/01A/at"sv,
           "/users/01A/at/"sv,
           "/users/01A/at/x/y"sv,
           "/v1/users"sv,
           "/users.json"sv,
           // `.` and `..`, encoded or not
           "/./users"sv,
           "/../users"sv,
           "/users/."sv,
           "/users/.."sv,
           "/users/%2e"sv,
           "/users/%2E%2e"sv,
           "/users/.%2e"sv,
           "/users/x/../01A"sv,
           "/users/01A/roles/.."sv,
           "/users/01A/../../users"sv,
           // an encoded `/` or NUL
           "/users%2F01A"sv,
           "/users/01A%2fstatus"sv,
           "/users/01A/roles/%2F"sv,
           "/users/01A/roles/a%2Fb"sv,
           "/users/01A/roles/%00"sv,
           "/users/01A%00"sv,
           "/users%00"sv,
           "/users/01A/roles/a%00b"sv,
           // broken encoding
           "/users/%"sv,
           "/users/%4"sv,
           "/users/%zz"sv,
           "/users/01A/roles/100%"sv,
           "/%users"sv,
           "/users/%u0041"sv,
           // invalid UTF-8
           "/users/%FF"sv,
           "/users/%C3"sv,
           "/users/%C0%AF"sv,
           "/users/01A/roles/%ED%A0%80"sv,
           "/users/01A/roles/%80"sv,
           "/users/01A/roles/%F4%90%80%80"sv,
       }) {
    for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
      const Route route = FindRoute(method, path);
      EXPECT_FALSE(route.path_exists) << path;
      EXPECT_FALSE(route.operation) << path;
    }
  }
}

RC_GTEST_PROP(FindRoute, HandlesAnyPath, ()) {
  std::string path;
  for (const std::string& piece : *rc::gen::container<std::vector<std::string>>(
           rc::gen::element<std::string>("/", "users", "roles", "status", "%", "%2F", "%2e", ".",
                                         "01A", "%C3%A4", "%00", "a", "\xFF"))) {
    path += piece;
  }
  const Route route = FindRoute("GET", path);
  if (!route.path_exists) return;
  // Decoding adds no segment, so policies and the router see the same segments.
  RC_ASSERT(Split(route.decoded_path, '/').size() == Split(path, '/').size());
  RC_ASSERT(IsValidUtf8(route.decoded_path));
  RC_ASSERT(route.decoded_path.find('\0') == std::string::npos);
  RC_ASSERT(!route.allow.empty());
}

TEST(Operation, HasItsContractName) {
  EXPECT_EQ(NameOf(Operation::kUsersRegisterCreate), "users_register_create");
  EXPECT_EQ(NameOf(Operation::kUsersProfileGet), "users_profile_get");
  EXPECT_EQ(NameOf(Operation::kUsersProfileUpdate), "users_profile_update");
  EXPECT_EQ(NameOf(Operation::kUsersStatusUpdate), "users_status_update");
  EXPECT_EQ(NameOf(Operation::kUsersRoleAssign), "users_role_assign");
  EXPECT_EQ(NameOf(Operation::kUsersRoleRemove), "users_role_remove");
  EXPECT_EQ(NameOf(Operation::kUsersListQuery), "users_list_query");
  EXPECT_EQ(NameOf(Operation::kUsersAuditQuery), "users_audit_query");
  EXPECT_EQ(NameOf(Operation::kUsersBatchGet), "users_batch_get");
  EXPECT_EQ(NameOf(Operation::kUsersProfileAt), "users_profile_at");
}

}  // namespace
}  // namespace users::api
