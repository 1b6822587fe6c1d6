// Which filters of a list combine, and which tokens belong to which list.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "service/page_token.h"
#include "support/operations_fixture.h"

namespace users::api {
namespace {

using testing::Case;
using testing::Fields;

constexpr const char* kId = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

class ListFiltersTest : public testing::OperationsTest {
 protected:
  // Returns whether the list is asked for, which this store does not allow.
  bool Accepts(std::string_view query) {
    store_.touched = false;
    const Case test{query, Operation::kUsersListQuery, query, "", {}};
    const Response response = Run(test);
    EXPECT_EQ(response.status, store_.touched ? 503 : 400) << query << response.body;
    return store_.touched;
  }
  void Rejects(std::string_view query, const Fields& fields) {
    store_.touched = false;
    ExpectRejected(Case{query, Operation::kUsersListQuery, query, "", fields});
  }
};

TEST_F(ListFiltersTest, CombineAsTheContractSays) {
  for (const std::string_view query :
       {"role=editor", "role=gone-from-the-catalogue", "role=editor&status=active",
        "role=editor&status=disabled&createdFrom=2026-11-22T00:00:00Z", "status=deleted",
        "status=deleted&createdFrom=2026-11-22T00:00:00Z&createdTo=2026-11-23T00:00:00Z&limit=1",
        "email=a@b", "externalId=x&status=active", "userName=x%20y&status=disabled",
        "externalId=x&limit=7", "role=editor&limit=100"}) {
    EXPECT_TRUE(Accepts(query)) << query;
  }
}

TEST_F(ListFiltersTest, NameEachFilterThatDoesNotCombine) {
  const std::string times = "createdFrom=2026-11-22T00:00:00Z&createdTo=2026-11-23T00:00:00Z";
  Rejects("status=deleted&role=editor", {"role"});
  for (const std::string handle : {"email=a@b", "externalId=x", "userName=x"}) {
    const std::string name = handle.substr(0, handle.find('='));
    Rejects("status=deleted&" + handle, {name});
    Rejects(handle + "&role=editor", {"role"});
    Rejects(handle + "&" + times, {"createdFrom", "createdTo"});
    Rejects(handle + "&createdTo=2026-11-23T00:00:00Z&role=editor", {"createdTo", "role"});
  }
  Rejects("email=a@b&externalId=x", {"externalId"});
  Rejects("userName=x&email=a@b", {"userName"});
  Rejects("externalId=x&userName=x", {"userName"});
  Rejects("externalId=x&userName=x&email=a@b", {"externalId", "userName"});
}

TEST_F(ListFiltersTest, FollowTheRulesOfTheirFields) {
  for (const std::string value : {"", "Editor", "1", "a_b", "a%23b", "a%20"}) {
    Rejects("role=" + value, {"role"});
  }
  for (const std::string value : {"", "%20", "a%00", "%C2%80"}) {
    Rejects("externalId=" + value, {"externalId"});
    Rejects("userName=" + value, {"userName"});
  }
  Rejects("userName=" + std::string(256, 'x'), {"userName"});
  EXPECT_TRUE(Accepts("userName=" + std::string(255, 'x')));
  Rejects("status=Deleted", {"status"});
  Rejects("role=a&role=b", {"role"});
  Rejects("externalId=a&externalId=a", {"externalId"});
  Rejects("externalid=a&username=b", {"externalid", "username"});
}

// Callers may hold a token while the program is updated.
TEST_F(ListFiltersTest, AcceptTokensOfEarlierVersions) {
  constexpr const char* kName = "users_list_query";
  const auto token_of = [](const std::string& scope) {
    return "nextToken=" + service::EncodePageToken(kId, scope);
  };
  const std::string all = token_of(service::PageScope({kName, ""}));
  const std::string active = token_of(service::PageScope({kName, "active"}));
  const std::string since =
      token_of(service::PageScope({kName, "", "2026-11-22T00:00:00.000Z", ""}));
  EXPECT_TRUE(Accepts(all));
  EXPECT_TRUE(Accepts("status=active&" + active));
  EXPECT_TRUE(Accepts("createdFrom=2026-11-22T00:00:00Z&" + since));
  Rejects("status=disabled&" + active, {"nextToken"});
  Rejects("status=deleted&" + all, {"nextToken"});
  Rejects("role=editor&" + all, {"nextToken"});
  Rejects("role=active&" + active, {"nextToken"});
  Rejects("role=editor&createdFrom=2026-11-22T00:00:00Z&" + since, {"nextToken"});
}

// A list by a handle has one page.
TEST_F(ListFiltersTest, AcceptNoTokenWithAHandle) {
  const std::string token =
      service::EncodePageToken(kId, service::PageScope({"users_list_query", ""}));
  for (const std::string handle : {"email=a@b", "externalId=x", "userName=x"}) {
    Rejects(handle + "&nextToken=" + token, {"nextToken"});
  }
}

}  // namespace
}  // namespace users::api
