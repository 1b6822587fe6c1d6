#include "api/audit_page.h"
#include "api/input.h"
#include "api/operations.h"
#include "api/time_range.h"
#include "base/ulid.h"
#include "domain/field_rules.h"
#include "service/page_token.h"

namespace users::api {
namespace {

constexpr std::size_t kMaxFilterBytes = 2048;

// An ARN, or a prefix that ends in `*`.
bool IsActorFilter(std::string_view text) {
  if (text.empty() || text.size() > kMaxFilterBytes) return false;
  const std::size_t star = text.find('*');
  return star == text.npos ? text.starts_with("arn:") : star == text.size() - 1;
}

std::optional<std::string> ReadText(Input& input, std::string_view name,
                                    bool (*is_valid)(std::string_view), std::string_view rule) {
  const auto text = input.Query(name);
  if (!text) return std::nullopt;
  if (!is_valid(*text)) input.errors().Add(name, rule);
  return std::string(*text);
}

service::TrailFilter ReadFilter(Input& input) {
  service::TrailFilter filter;
  const TimeRange times = ReadTimeRange(input, "from", "to");
  filter.from = times.from;
  filter.to = times.to;
  filter.action = ReadAction(input, domain::kAllActions);
  filter.actor =
      ReadText(input, "actor", IsActorFilter, "must be an ARN, or a prefix that ends in `*`");
  const auto is_user_id = [](std::string_view text) { return ParseUlid(text).has_value(); };
  filter.user_id = ReadText(input, "userId", is_user_id, "must be a userId of 26 characters");
  filter.role = ReadText(input, "role", domain::IsRoleName, "must be the name of a role");
  const auto is_field = [](std::string_view text) {
    return !text.empty() && text.size() <= kMaxFilterBytes;
  };
  filter.field = ReadText(input, "field", is_field, "must be a name of 1 to 2048 bytes");
  return filter;
}

// The scope of a token: everything that decides what the next page shows, except `limit`. An absent
// filter and an empty one differ in nothing, because an empty one is rejected.
std::string TrailScope(const service::TrailQuery& query, std::string_view trail) {
  const service::TrailFilter& filter = query.filter;
  return service::PageScope({NameOf(Operation::kAuditQuery), trail,
                             query.newest_first ? "desc" : "asc", ScopeOf(filter.from),
                             ScopeOf(filter.to), filter.action.value_or(""),
                             filter.actor.value_or(""), filter.user_id.value_or(""),
                             filter.role.value_or(""), filter.field.value_or("")});
}

}  // namespace

Task<Result<Response>> AuditQuery(const Request& request, service::UserService& users) {
  Input input = Input::WithoutBody(request);
  service::TrailQuery query;
  query.limit = input.Limit();
  query.filter = ReadFilter(input);
  if (const auto order = input.Query("order")) {
    query.newest_first = *order != "asc";
    if (*order != "asc" && *order != "desc") input.errors().Add("order", "must be asc or desc");
  }
  const std::string scope = TrailScope(query, users.TrailIdentity());
  if (const auto token = input.Query("nextToken")) {
    query.after = NumberInToken(*token, scope);
    if (!query.after) input.errors().Add("nextToken", "is not a token of this list");
  }
  if (auto faults = input.Finish(); !faults.ok()) co_return std::move(faults.error());

  const std::string user_id = query.filter.user_id.value_or("");
  auto page = co_await users.QueryTrail(ReadContextOf(request), std::move(query));
  if (!page.ok()) co_return std::move(page.error());
  Response response = AuditPage(page->entries, page->continue_after, scope);
  response.user_id = user_id;
  co_return response;
}

}  // namespace users::api
