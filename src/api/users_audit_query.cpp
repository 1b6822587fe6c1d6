#include "api/audit_page.h"
#include "api/input.h"
#include "api/operations.h"
#include "api/time_range.h"
#include "service/page_token.h"

namespace users::api {

Task<Result<Response>> UsersAuditQuery(const Request& request, service::UserService& users) {
  Input input = Input::WithoutBody(request);
  json::FieldErrors& errors = input.errors();
  service::AuditQuery query;
  query.limit = input.Limit();
  const TimeRange times = ReadTimeRange(input, "from", "to");
  query.from = times.from;
  query.to = times.to;
  query.action = ReadAction(input, domain::kUserActions);

  const std::string scope =
      service::PageScope({NameOf(Operation::kUsersAuditQuery), request.user_id, ScopeOf(query.from),
                          ScopeOf(query.to), query.action.value_or("")});
  if (const auto token = input.Query("nextToken")) {
    // The position of a token is the last version on the previous page.
    const auto version = NumberInToken(*token, scope);
    if (!version) errors.Add("nextToken", "is not a token of this list");
    query.after_version = version.value_or(0);
  }
  if (auto faults = input.Finish(); !faults.ok()) co_return std::move(faults.error());

  auto page = co_await users.QueryAudit(ReadContextOf(request), request.user_id, query);
  if (!page.ok()) co_return std::move(page.error());
  Response response = AuditPage(page->entries, page->continue_after, scope);
  response.user_id = request.user_id;
  co_return response;
}

}  // namespace users::api
