#include "wiring/catalogue_report.h"

#include <algorithm>

#include "base/json.h"
#include "base/sha256.h"
#include "base/text.h"
#include "base/timer.h"

namespace users::wiring {
namespace {

constexpr std::size_t kPageUsers = 100;
// At most 5,000 users a second, which no request notices.
constexpr std::chrono::milliseconds kPause{20};
constexpr std::chrono::milliseconds kReadTime{5'000};
constexpr std::chrono::milliseconds kRetryPause{5'000};
constexpr int kMaxFailures = 10;
constexpr std::size_t kMaxNamedRoles = 20;

std::string JsonArray(const std::vector<std::string>& texts) {
  std::string array;
  json::AppendStringArray(array, texts);
  return array;
}

}  // namespace

void LogCatalogue(const Log& log, std::string_view path, std::string_view text,
                  const domain::RoleCatalogue& roles) {
  log.Info("catalogue_loaded")
      .Text("path", path.empty() ? "(built in)" : path)
      .Text("sha256", ToHex(Sha256(text)))
      .Raw("roles", JsonArray(roles.Names()));
}

void RoleSearch::Start(service::UserService& users, std::vector<std::string> known_roles) {
  const std::uint64_t search = ++newest_search_;
  task_.Start([this, &users, known_roles = std::move(known_roles), search] {
    std::set<std::string> known(known_roles.begin(), known_roles.end());
    return Run(users, std::move(known), search);
  });
}

Task<void> RoleSearch::Run(service::UserService& users, std::set<std::string> known_roles,
                           std::uint64_t search) {
  std::set<std::string> unknown;
  std::int64_t holders = 0;
  int failures = 0;
  service::ListQuery query;
  query.limit = kPageUsers;
  while (search == newest_search_) {
    service::CallContext context;
    context.deadline = DeadlineIn(kReadTime);
    const auto page = co_await users.ListUsers(std::move(context), query);
    const Deadline next = DeadlineIn(page.ok() ? kPause : kRetryPause);
    if (!page.ok() && ++failures > kMaxFailures) {
      log_.Warning("unknown_roles_not_searched").Text("reason", page.error().message);
      co_return;
    }
    if (page.ok()) {
      for (const domain::UserSummary& user : page->users) {
        bool holds_unknown = false;
        for (const std::string& role : user.roles) {
          if (known_roles.contains(role)) continue;
          holds_unknown = true;
          if (unknown.size() < kMaxNamedRoles) unknown.insert(role);
        }
        if (holds_unknown) ++holders;
      }
      if (!page->more || page->users.empty()) break;
      query.after = page->users.back().user_id;
    }
    co_await SleepUntil(next);
  }
  if (holders == 0 || search != newest_search_) co_return;
  log_.Warning("unknown_roles_held").Raw("roles", JsonArray({unknown.begin(), unknown.end()})).Number("users", holders);
}

}  // namespace users::wiring
