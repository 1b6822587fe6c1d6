#include "api/input.h"
#include "api/operations.h"
#include "api/representation.h"
#include "api/time_range.h"
#include "base/ulid.h"
#include "domain/field_rules.h"
#include "service/page_token.h"

namespace users::api {
namespace {

std::string ListJson(const service::ListPage& page, const std::string& next_token) {
  std::string out;
  out.reserve(256 * (page.users.size() + 1));
  json::ObjectWriter writer(out);
  json::ArrayWriter users = writer.Array("users");
  for (const domain::UserSummary& user : page.users) {
    users.Next();
    AppendSummary(out, user);
  }
  users.Close();
  if (!next_token.empty()) writer.String("nextToken", next_token);
  writer.Close();
  return out;
}

service::ListFilter ReadFilter(Input& input) {
  service::ListFilter filter;
  if (const auto status = input.Query("status")) {
    filter.status = domain::ParseUserStatus(*status);
    if (!filter.status || *filter.status == domain::UserStatus::kDeleted) {
      input.errors().Add("status", "must be active or disabled");
    }
  }
  const TimeRange created = ReadTimeRange(input, "createdFrom", "createdTo");
  filter.created_from = created.from;
  filter.created_to = created.to;
  if (!input.Query("email")) return filter;
  for (const std::string_view name : {"createdFrom", "createdTo"}) {
    if (input.Query(name)) input.errors().Add(name, "cannot be combined with email");
  }
  return filter;
}

std::string TokenScope(const service::ListFilter& filter) {
  const std::string_view status = filter.status ? NameOf(*filter.status) : "";
  // The tokens of lists without a time are those of earlier versions, so that they outlive an
  // update of the program.
  if (!filter.created_from && !filter.created_to) {
    return service::PageScope({NameOf(Operation::kUsersListQuery), status});
  }
  return service::PageScope({NameOf(Operation::kUsersListQuery), status,
                             ScopeOf(filter.created_from), ScopeOf(filter.created_to)});
}

}  // namespace

Task<Result<Response>> UsersListQuery(const Request& request, service::UserService& users) {
  Input input = Input::WithoutBody(request);
  json::FieldErrors& errors = input.errors();
  service::ListQuery query;
  query.limit = input.Limit();
  query.filter = ReadFilter(input);
  std::optional<std::string> email;
  if (const auto text = input.Query("email")) email = domain::CheckEmail(*text, "email", errors);

  const std::string scope = TokenScope(query.filter);
  if (const auto token = input.Query("nextToken")) {
    const auto position = service::DecodePageToken(*token, scope);
    // A list by email address has one page, so no token continues it.
    if (!position || !ParseUlid(*position) || input.Query("email")) {
      errors.Add("nextToken", "is not a token of this list");
    } else {
      query.after = *position;
    }
  }
  if (auto faults = input.Finish(); !faults.ok()) co_return std::move(faults.error());

  Result<service::ListPage> page = service::ListPage();
  if (email) {
    page = co_await users.FindByEmail(ReadContextOf(request), *email, query.filter.status);
  } else {
    page = co_await users.ListUsers(ReadContextOf(request), query);
  }
  if (!page.ok()) co_return std::move(page.error());
  std::string next_token;
  if (page->more) {
    const std::string& last = page->users.empty() ? query.after : page->users.back().user_id;
    next_token = service::EncodePageToken(last, scope);
  }
  Response response;
  response.body = ListJson(*page, next_token);
  response.users_shown = page->users.size();
  co_return response;
}

}  // namespace users::api
