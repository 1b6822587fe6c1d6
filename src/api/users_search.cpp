#include "api/input.h"
#include "api/operations.h"
#include "api/users_page.h"
#include "base/text/text.h"
#include "domain/field_rules.h"
#include "search/terms.h"
#include "service/page_token.h"

namespace users::api {
namespace {

void ReadText(Input& input, service::SearchQuery& query) {
  const auto text = input.Query("q");
  if (!text) return input.errors().Add("q", "is required");
  auto words = search::ParseQuery(*text);
  if (!words.ok()) return input.errors().Add("q", words.error());
  query.words = std::move(*words);
  query.whole = TrimSpaces(*text);
}

void ReadFilters(Input& input, service::SearchQuery& query) {
  if (const auto status = input.Query("status")) {
    query.status = domain::ParseUserStatus(*status);
    if (!query.status || *query.status == domain::UserStatus::kDeleted) {
      input.errors().Add("status", "must be active or disabled");
    }
  }
  if (const auto role = input.Query("role")) {
    query.role = *role;
    if (!domain::IsRoleName(*role)) {
      input.errors().Add("role", "must be the name of a role, such as user-reader");
    }
  }
}

}  // namespace

Task<Result<Response>> UsersSearch(const Request& request, service::UserService& users) {
  Input input = Input::WithoutBody(request);
  service::SearchQuery query;
  query.limit = input.Limit();
  ReadText(input, query);
  ReadFilters(input, query);
  const std::string scope =
      service::PageScope({NameOf(Operation::kUsersSearch), query.whole,
                          query.status ? NameOf(*query.status) : "", query.role.value_or("")});
  if (const auto token = input.Query("nextToken")) {
    const auto position = UserInToken(*token, scope);
    if (!position) input.errors().Add("nextToken", "is not a token of this search");
    query.after = position.value_or("");
  }
  if (auto faults = input.Finish(); !faults.ok()) co_return std::move(faults.error());

  const auto page = co_await users.SearchUsers(ReadContextOf(request), std::move(query));
  if (!page.ok()) co_return page.error();
  co_return UsersPage(*page, scope);
}

}  // namespace users::api
