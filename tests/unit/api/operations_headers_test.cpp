// Page tokens and headers that operations reject, accept or ignore.
#include <gtest/gtest.h>

#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "service/page_token.h"
#include "support/operations_fixture.h"

namespace users::api {
namespace {

using testing::Case;
using testing::OperationsTest;

TEST_F(OperationsTest, RejectsPageTokenOfAnotherQuery) {
  constexpr std::string_view kUser = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  const std::string of_active =
      service::EncodePageToken(kUser, service::PageScope({"users_list_query", "active"}));
  const std::string of_another_user = service::EncodePageToken(
      "1", service::PageScope({"users_audit_query", "01ARZ3NDEKTSV4RRFFQ69G5FAX", "", "", ""}));
  const std::string with_filter = service::EncodePageToken(
      "1", service::PageScope({"users_audit_query", kUser, "", "", "USER_CREATED"}));
  const std::string of_november = service::EncodePageToken(
      kUser, service::PageScope({"users_list_query", "active", "2026-11-01T00:00:00.000Z", ""}));
  const Case cases[] = {
      {"another time", Operation::kUsersListQuery, "", "", {"nextToken"}},
      {"without its time", Operation::kUsersListQuery, "", "", {"nextToken"}},
      {"as the other end", Operation::kUsersListQuery, "", "", {"nextToken"}},
      {"another status", Operation::kUsersListQuery, "", "", {"nextToken"}},
      {"another user", Operation::kUsersAuditQuery, "", "", {"nextToken"}},
      {"another filter", Operation::kUsersAuditQuery, "", "", {"nextToken"}},
      {"with an address", Operation::kUsersListQuery, "", "", {"nextToken"}},
  };
  const std::string queries[] = {
      "status=active&createdFrom=2026-11-02T00:00:00Z&nextToken=" + of_november,
      "status=active&nextToken=" + of_november,
      "status=active&createdTo=2026-11-01T00:00:00Z&nextToken=" + of_november,
      "status=disabled&nextToken=" + of_active,
      "nextToken=" + of_another_user,
      "nextToken=" + with_filter,
      "status=active&email=a@b&nextToken=" + of_active};
  for (std::size_t i = 0; i < std::size(cases); ++i) {
    Case test = cases[i];
    test.query = queries[i];
    ExpectRejected(test);
  }
}

TEST_F(OperationsTest, RejectsMalformedHeadersOfAWrite) {
  for (const Operation operation : {Operation::kUsersStatusUpdate, Operation::kUsersRoleAssign,
                                    Operation::kUsersRoleRemove, Operation::kUsersProfileUpdate}) {
    Request request;
    request.user_id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    request.role = "admin";
    request.if_match = "3";
    request.idempotency_key = std::string(256, 'k');
    if (operation != Operation::kUsersRoleRemove) {
      request.content_type = "application/json";
      request.body = operation == Operation::kUsersStatusUpdate ? R"({"status":"active"})"
                     : operation == Operation::kUsersRoleAssign
                         ? R"({"role":"admin"})"
                         : R"({"idempotencyKey":"k","name":"n"})";
    }
    const Response response = Run(operation, request);
    EXPECT_EQ(response.status, 400);
    EXPECT_NE(response.body.find("\"If-Match\""), std::string::npos) << response.body;
    EXPECT_NE(response.body.find("\"Idempotency-Key\""), std::string::npos) << response.body;
  }
  EXPECT_FALSE(store_.touched);
}

TEST_F(OperationsTest, IgnoresIfMatchOnCreateAndRead) {
  for (const Operation operation : {Operation::kUsersRegisterCreate, Operation::kUsersProfileGet,
                                    Operation::kUsersListQuery, Operation::kUsersAuditQuery}) {
    Request request;
    request.user_id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    request.if_match = "not a tag";
    request.deadline = DeadlineIn(std::chrono::hours(1));
    if (operation == Operation::kUsersRegisterCreate) {
      request.content_type = "application/json";
      request.body = R"({"idempotencyKey":"k","email":"a@b","name":"n"})";
    }
    EXPECT_EQ(Run(operation, request).status, 503) << NameOf(operation);
  }
}

TEST_F(OperationsTest, RejectsABadReasonOnWritesAndIgnoresItOnReads) {
  for (const OperationRow& row : kOperations) {
    if (row.operation == Operation::kUsersSearch) continue;  // it needs an index, too
    Request request;
    request.user_id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    request.role = "admin";
    request.time = "2026-01-01T00:00:00Z";
    request.deadline = DeadlineIn(std::chrono::hours(1));
    if (row.operation == Operation::kUsersBatchGet) {
      request.body = R"({"userIds":["01ARZ3NDEKTSV4RRFFQ69G5FAV"]})";
    } else if (row.operation == Operation::kUsersRegisterCreate) {
      request.body = R"({"idempotencyKey":"k","email":"a@b","name":"n"})";
    } else if (row.operation == Operation::kUsersProfileUpdate) {
      request.body = R"({"idempotencyKey":"k","name":"n"})";
    } else if (row.operation == Operation::kUsersStatusUpdate) {
      request.body = R"({"status":"active"})";
    } else if (row.operation == Operation::kUsersRoleAssign) {
      request.body = R"({"role":"admin"})";
    }
    if (!request.body.empty()) request.content_type = "application/json";
    for (const std::vector<std::string>& reasons :
         {std::vector<std::string>{"a", "b"}, std::vector<std::string>{"\xC3\xA4"}}) {
      request.audit_reasons = reasons;
      const Response response = Run(row.operation, request);
      EXPECT_EQ(response.status, IsRead(row.operation) ? 503 : 400) << row.name;
      EXPECT_EQ(response.body.find("\"X-Audit-Reason\"") != std::string::npos,
                !IsRead(row.operation))
          << row.name;
    }
  }
}

TEST_F(OperationsTest, QueriesTheStoreOnlyForValidRequests) {
  const Case good[] = {
      {"create",
       Operation::kUsersRegisterCreate,
       "",
       R"({"idempotencyKey":"k","email":"a@b","name":"n"})",
       {}},
      {"get", Operation::kUsersProfileGet, "", "", {}},
      {"update", Operation::kUsersProfileUpdate, "", R"({"idempotencyKey":"k","metadata":{}})", {}},
      {"update of a key",
       Operation::kUsersProfileUpdate,
       "",
       R"({"idempotencyKey":"k","metadataChanges":{"a":null}})",
       {}},
      {"status", Operation::kUsersStatusUpdate, "", R"({"status":"deleted"})", {}},
      {"assign", Operation::kUsersRoleAssign, "", R"({"role":"viewer"})", {}},
      {"remove", Operation::kUsersRoleRemove, "", "", {}},
      {"list", Operation::kUsersListQuery, "limit=100&status=disabled", "", {}},
      {"list of a time",
       Operation::kUsersListQuery,
       "createdFrom=2026-11-22T01:00:00%2B01:00&createdTo=2026-11-22T00:00:00Z&status=active",
       "",
       {}},
      {"list of all time",
       Operation::kUsersListQuery,
       "createdFrom=0000-01-01T00:00:00Z&createdTo=9999-12-31T23:59:59.99999Z",
       "",
       {}},
      {"find", Operation::kUsersListQuery, "email=%20A%40b%20", "", {}},
      {"audit",
       Operation::kUsersAuditQuery,
       "from=2026-11-22T00:00:00Z&to=2026-11-22T00:00:00Z&action=USER_ERASED",
       "",
       {}},
  };
  for (const Case& test : good) {
    store_.touched = false;
    EXPECT_EQ(Run(test).status, 503) << test.name;
    EXPECT_TRUE(store_.touched) << test.name;
  }
}

}  // namespace
}  // namespace users::api
