#include "api/input.h"
#include "api/operations.h"
#include "api/time_range.h"
#include "audit/entry_json.h"
#include "base/text/text.h"
#include "service/page_token.h"

namespace users::api {
namespace {

// The position of a token is the last version on the previous page.
std::optional<std::uint64_t> VersionOf(const std::optional<std::string>& position) {
  if (!position) return std::nullopt;
  const auto version = ParseNumber<std::uint64_t>(*position);
  return version && *version > 0 ? version : std::nullopt;
}

std::string PageJson(const service::AuditPage& page, const std::string& next_token) {
  std::string out;
  json::ObjectWriter writer(out);
  json::ArrayWriter entries = writer.Array("auditLogs");
  for (const domain::AuditEntry& entry : page.entries) {
    entries.Next();
    audit::AppendEntryJson(out, entry, audit::EntryView::kWhole);
  }
  entries.Close();
  if (!next_token.empty()) writer.String("nextToken", next_token);
  writer.Close();
  return out;
}

}  // namespace

Task<Result<Response>> UsersAuditQuery(const Request& request, service::UserService& users) {
  Input input = Input::WithoutBody(request);
  json::FieldErrors& errors = input.errors();
  service::AuditQuery query;
  query.limit = input.Limit();
  const TimeRange times = ReadTimeRange(input, "from", "to");
  query.from = times.from;
  query.to = times.to;
  if (const auto action = input.Query("action")) {
    query.action = std::string(*action);
    if (!domain::IsKnownAction(*action)) {
      errors.Add("action",
                 "must be USER_CREATED, USER_UPDATED, STATUS_CHANGED, ROLE_ASSIGNED, ROLE_REMOVED "
                 "or USER_ERASED");
    }
  }

  const std::string scope =
      service::PageScope({NameOf(Operation::kUsersAuditQuery), request.user_id, ScopeOf(query.from),
                          ScopeOf(query.to), query.action.value_or("")});
  if (const auto token = input.Query("nextToken")) {
    const auto version = VersionOf(service::DecodePageToken(*token, scope));
    if (!version) errors.Add("nextToken", "is not a token of this list");
    query.after_version = version.value_or(0);
  }
  if (auto faults = input.Finish(); !faults.ok()) co_return std::move(faults.error());

  auto page = co_await users.QueryAudit(ReadContextOf(request), request.user_id, query);
  if (!page.ok()) co_return std::move(page.error());
  std::string next_token;
  if (page->continue_after) {
    next_token = service::EncodePageToken(std::to_string(*page->continue_after), scope);
  }
  Response response;
  response.body = PageJson(*page, next_token);
  response.user_id = request.user_id;
  co_return response;
}

}  // namespace users::api
