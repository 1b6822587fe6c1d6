#include "api/input.h"
#include "api/operations.h"
#include "api/time_range.h"
#include "api/users_page.h"
#include "domain/field_rules.h"
#include "domain/handle.h"
#include "service/page_token.h"

namespace users::api {
namespace {

// The handle that a list is asked for.
struct WantedHandle {
  domain::HandleKind kind;
  std::string value;
};

// Reads the handles in the query. A request may have one of them at most.
std::optional<WantedHandle> ReadHandle(Input& input) {
  std::optional<WantedHandle> wanted;
  std::string_view first;
  for (const domain::HandleKind kind : domain::kHandleKinds) {
    const std::string_view name = NameOf(kind);
    const auto text = input.Query(name);
    if (!text) continue;
    if (!first.empty()) {
      input.errors().Add(name, "cannot be combined with " + std::string(first));
      continue;
    }
    first = name;
    wanted = WantedHandle{kind, CheckHandle(kind, *text, input.errors()).value_or("")};
  }
  return wanted;
}

service::ListFilter ReadFilter(Input& input) {
  service::ListFilter filter;
  if (const auto status = input.Query("status")) {
    filter.status = domain::ParseUserStatus(*status);
    if (!filter.status) input.errors().Add("status", "must be active, disabled or deleted");
  }
  if (const auto role = input.Query("role")) {
    filter.role = *role;
    if (!domain::IsRoleName(*role)) {
      input.errors().Add("role", "must be the name of a role, such as editor");
    }
  }
  const TimeRange created = ReadTimeRange(input, "createdFrom", "createdTo");
  filter.created_from = created.from;
  filter.created_to = created.to;
  return filter;
}

// Rejects the combinations that have no list.
void CheckCombination(Input& input, const service::ListFilter& filter,
                      const std::optional<WantedHandle>& handle) {
  const auto reject = [&](std::string_view name, std::string_view other) {
    if (input.Query(name)) {
      input.errors().Add(name, "cannot be combined with " + std::string(other));
    }
  };
  if (handle) {
    for (const std::string_view name : {"role", "createdFrom", "createdTo"}) {
      reject(name, NameOf(handle->kind));
    }
  }
  if (filter.status != domain::UserStatus::kDeleted) return;
  reject("role", "status=deleted");
  for (const domain::HandleKind kind : domain::kHandleKinds) reject(NameOf(kind), "status=deleted");
}

std::string TokenScope(const service::ListFilter& filter) {
  constexpr std::string_view kName = NameOf(Operation::kUsersListQuery);
  const std::string_view status = filter.status ? NameOf(*filter.status) : "";
  const std::string from = ScopeOf(filter.created_from);
  const std::string to = ScopeOf(filter.created_to);
  // The tokens of lists without a time or a role are those of earlier versions, so that they
  // outlive an update of the program.
  if (filter.role) return service::PageScope({kName, status, from, to, *filter.role});
  if (from.empty() && to.empty()) return service::PageScope({kName, status});
  return service::PageScope({kName, status, from, to});
}

}  // namespace

Task<Result<Response>> UsersListQuery(const Request& request, service::UserService& users) {
  Input input = Input::WithoutBody(request);
  service::ListQuery query;
  query.limit = input.Limit();
  query.filter = ReadFilter(input);
  auto handle = ReadHandle(input);
  CheckCombination(input, query.filter, handle);

  const std::string scope = TokenScope(query.filter);
  if (const auto token = input.Query("nextToken")) {
    const auto position = UserInToken(*token, scope);
    // A list by a handle has one page, so no token continues it.
    if (!position || handle) input.errors().Add("nextToken", "is not a token of this list");
    query.after = position.value_or("");
  }
  if (auto faults = input.Finish(); !faults.ok()) co_return std::move(faults.error());

  Result<service::ListPage> page = service::ListPage();
  if (handle) {
    page = co_await users.FindByHandle(ReadContextOf(request), handle->kind,
                                       std::move(handle->value), query.filter.status);
  } else {
    page = co_await users.ListUsers(ReadContextOf(request), std::move(query));
  }
  if (!page.ok()) co_return std::move(page.error());
  co_return UsersPage(*page, scope);
}

}  // namespace users::api
