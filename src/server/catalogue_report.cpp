#include "server/catalogue_report.h"

#include <set>
#include <string>
#include <vector>

#include "base/async/timer.h"
#include "base/json/json.h"

namespace users::server {
namespace {

constexpr std::size_t kPageUsers = 100;
// At most 5,000 users a second, which does not slow requests noticeably.
constexpr std::chrono::milliseconds kPause{20};
constexpr std::chrono::milliseconds kReadTime{5'000};
constexpr std::chrono::milliseconds kRetryPause{5'000};
constexpr std::chrono::milliseconds kLookInterval{1'000};
constexpr int kMaxFailures = 10;
constexpr std::size_t kMaxNamedRoles = 20;

template <class Names>
std::string JsonArray(const Names& names) {
  std::string array = "[";
  for (const std::string& name : names) {
    if (array.size() > 1) array += ',';
    json::AppendString(array, name);
  }
  return array + "]";
}

Task<void> SearchUnknownRoles(service::UserService& users, const domain::RoleCatalogue& catalogue,
                              const Log& log) {
  std::set<std::string> unknown;
  std::int64_t holders = 0;
  int failures = 0;
  service::ListQuery query;
  query.limit = kPageUsers;
  while (true) {
    service::CallContext context;
    context.deadline = DeadlineIn(kReadTime);
    const auto page = co_await users.ListUsers(std::move(context), query);
    const Deadline next = DeadlineIn(page.ok() ? kPause : kRetryPause);
    if (!page.ok() && ++failures > kMaxFailures) {
      log.Warning("unknown_roles_not_searched").Text("reason", page.error().message);
      co_return;
    }
    if (page.ok()) {
      for (const domain::UserSummary& user : page->users) {
        bool holds_unknown = false;
        for (const std::string& role : user.roles) {
          if (catalogue.Find(role) != nullptr) continue;
          holds_unknown = true;
          if (unknown.size() < kMaxNamedRoles) unknown.insert(role);
        }
        if (holds_unknown) ++holders;
      }
      if (!page->continue_after) break;
      query.after = *page->continue_after;
    }
    co_await SleepUntil(next);
  }
  if (holders == 0) co_return;
  log.Warning("unknown_roles_held").Raw("roles", JsonArray(unknown)).Number("users", holders);
}

}  // namespace

Task<void> ReportUnknownRoles(service::UserService& users, const RoleStore& roles, const Log& log) {
  std::string searched;  // the hash of the last catalogue that was searched for
  while (true) {
    const auto current = roles.Current();
    if (current->hash != searched) {
      searched = current->hash;
      co_await SearchUnknownRoles(users, current->roles, log);
    }
    const Deadline next = DeadlineIn(kLookInterval);
    co_await SleepUntil(next);
  }
}

}  // namespace users::server
