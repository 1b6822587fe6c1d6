// What each operation rejects: all invalid fields are reported at once, and the store is never
// queried.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "support/operations_fixture.h"

namespace users::api {
namespace {

using testing::Case;
using testing::OperationsTest;

TEST_F(OperationsTest, ReportsAllInvalidBodyFieldsTogether) {
  const Case cases[] = {
      {"create, empty",
       Operation::kUsersRegisterCreate,
       "",
       "{}",
       {"idempotencyKey", "email", "name"}},
      {"create, no body", Operation::kUsersRegisterCreate, "", "", {"body"}},
      {"create, nulls",
       Operation::kUsersRegisterCreate,
       "",
       R"({"idempotencyKey":null,"email":null,"name":null,"metadata":null})",
       {"idempotencyKey", "email", "name", "metadata"}},
      {"create, everything",
       Operation::kUsersRegisterCreate,
       "dryRun=1&x=%zz",
       R"({"idempotencyKey":"","email":"a","name":" ","userId":"x",
           "metadata":{"$a":"b","c":1,"d":"e"},
           "roles":[],"email":"b@c"})",
       {"idempotencyKey", "email", "name", "metadata.$a", "metadata.c", "userId", "roles", "dryRun",
        "x"}},
      {"create, repeated inside",
       Operation::kUsersRegisterCreate,
       "",
       R"({"idempotencyKey":"k","email":"a@b","name":"n","metadata":{"a":"1","a":"2"}})",
       {"metadata.a"}},
      {"update, no change",
       Operation::kUsersProfileUpdate,
       "",
       R"({"idempotencyKey":"k"})",
       {"body"}},
      {"update, empty", Operation::kUsersProfileUpdate, "", "{}", {"idempotencyKey", "body"}},
      {"update, nulls",
       Operation::kUsersProfileUpdate,
       "",
       R"({"idempotencyKey":"k","email":null,"name":null,"metadata":null})",
       {"email", "name", "metadata"}},
      {"update, status and roles",
       Operation::kUsersProfileUpdate,
       "",
       R"({"idempotencyKey":"k","name":"n","status":"active","roles":[],"version":1})",
       {"status", "roles", "version"}},
      {"status, missing", Operation::kUsersStatusUpdate, "", "{}", {"status"}},
      {"status, null", Operation::kUsersStatusUpdate, "", R"({"status":null})", {"status"}},
      {"status, unknown", Operation::kUsersStatusUpdate, "", R"({"status":"Active"})", {"status"}},
      {"status, key in the body",
       Operation::kUsersStatusUpdate,
       "limit=1",
       R"({"status":"active","idempotencyKey":"k"})",
       {"idempotencyKey", "limit"}},
      {"assign, missing", Operation::kUsersRoleAssign, "", "{}", {"role"}},
      {"assign, unknown", Operation::kUsersRoleAssign, "", R"({"role":"root"})", {"role"}},
      {"assign, a list", Operation::kUsersRoleAssign, "", R"({"role":["admin"]})", {"role"}},
      {"assign, unknown member",
       Operation::kUsersRoleAssign,
       "",
       R"({"role":"admin","x":1})",
       {"x"}},
  };
  for (const Case& test : cases) ExpectRejected(test);
}

TEST_F(OperationsTest, ReportsAllInvalidParametersTogether) {
  const Case cases[] = {
      {"get, a body", Operation::kUsersProfileGet, "", "{}", {"body"}},
      {"get, a query", Operation::kUsersProfileGet, "fields=name", "", {"fields"}},
      {"remove, a body and a query", Operation::kUsersRoleRemove, "x", "{}", {"body", "x"}},
      {"list, everything",
       Operation::kUsersListQuery,
       "limit=0&status=deleted&email=a&nextToken=x&name=y&status=active",
       "{}",
       {"limit", "status", "email", "nextToken", "name", "body"}},
      {"list, empty values",
       Operation::kUsersListQuery,
       "limit=&status=&email=&nextToken=",
       "",
       {"limit", "status", "email", "nextToken"}},
      {"list, letter case", Operation::kUsersListQuery, "status=Active", "", {"status"}},
      {"list, a plus is not a space", Operation::kUsersListQuery, "email=+a@b+", "", {"email"}},
      {"list, no times",
       Operation::kUsersListQuery,
       "createdFrom=yesterday&createdTo=2026-11-22",
       "",
       {"createdFrom", "createdTo"}},
      {"list, from after to",
       Operation::kUsersListQuery,
       "createdFrom=2026-11-22T00:00:00.0002Z&createdTo=2026-11-22T00:00:00.0001Z",
       "",
       {"createdFrom"}},
      {"list, times with an address",
       Operation::kUsersListQuery,
       "createdFrom=2026-11-22T00:00:00Z&createdTo=2026-11-23T00:00:00Z&email=a@b",
       "",
       {"createdFrom", "createdTo"}},
      {"list, an empty time, and letter case",
       Operation::kUsersListQuery,
       "createdFrom=&createdto=2026-11-22T00:00:00Z",
       "",
       {"createdFrom", "createdto"}},
      {"list, a time twice",
       Operation::kUsersListQuery,
       "createdTo=2026-11-22T00:00:00Z&createdTo=2026-11-22T00:00:00Z",
       "",
       {"createdTo"}},
      {"audit, everything",
       Operation::kUsersAuditQuery,
       "limit=101&from=x&to=2026-11-22&action=user_created&nextToken=x&actor=y",
       "",
       {"limit", "from", "to", "action", "nextToken", "actor"}},
      {"audit, from after to",
       Operation::kUsersAuditQuery,
       "from=2026-11-22T00:00:00.001Z&to=2026-11-22T00:00:00Z",
       "",
       {"from"}},
      {"audit, from after to by offset",
       Operation::kUsersAuditQuery,
       "from=2026-11-22T00:00:00Z&to=2026-11-22T00:30:00%2B01:00",
       "",
       {"from"}},
      {"audit, an unencoded plus is a plus",
       Operation::kUsersAuditQuery,
       "to=2026-11-22T00:30:00%2001:00",
       "",
       {"to"}},
  };
  for (const Case& test : cases) ExpectRejected(test);
}

}  // namespace
}  // namespace users::api
