#include "api/access_log.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "base/json/json.h"
#include "base/ulid.h"

namespace users::api {
namespace {

// The filters of the contract. Other names in a query are the caller's own text and are not logged.
constexpr std::array<std::string_view, 7> kListFilters = {
    "status", "role", "createdFrom", "createdTo", "email", "externalId", "userName"};
constexpr std::array<std::string_view, 7> kTrailFilters = {"from",   "to",   "action", "actor",
                                                           "userId", "role", "field"};

// Returns the names of the filters that were used, as a JSON array, in the order given.
std::string FiltersOf(const Request& request, std::span<const std::string_view> names) {
  std::string filters = "[";
  for (const std::string_view filter : names) {
    const bool used =
        std::any_of(request.query.begin(), request.query.end(),
                    [&](const QueryParameter& parameter) { return parameter.name == filter; });
    if (!used) continue;
    if (filters.size() > 1) filters += ',';
    json::AppendString(filters, filter);
  }
  return filters + "]";
}

}  // namespace

void DescribeRequest(Log::Line& line, std::optional<Operation> operation, const Request& request,
                     const Response& response, std::chrono::nanoseconds duration) {
  line.Text("operation", operation ? NameOf(*operation) : "none");
  line.Number("status", response.status);
  if (!response.error_code.empty()) line.Text("code", response.error_code);
  if (!request.caller.arn.empty()) {
    line.Text("principal", request.caller.arn);
    line.Text("accessKeyId", request.caller.access_key_id);
  }
  if (!response.user_id.empty()) {
    line.Text("userId", response.user_id);
  } else if (ParseUlid(request.user_id)) {
    line.Text("userId", request.user_id);
  }
  if (operation == Operation::kUsersListQuery || operation == Operation::kUsersSearch) {
    line.Raw("filters", FiltersOf(request, kListFilters));
  }
  if (response.users_shown) {
    line.Number("users", static_cast<std::int64_t>(*response.users_shown));
  }
  if (operation == Operation::kAuditQuery) {
    line.Raw("filters", FiltersOf(request, kTrailFilters));
  }
  if (response.replayed) line.Bool("replayed", true);
  if (!request.client_address.empty()) line.Text("address", request.client_address);
  line.Text("correlationId", request.correlation_id);
  line.Number("microseconds",
              std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
}

}  // namespace users::api
