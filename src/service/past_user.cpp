#include <chrono>

#include "base/async/timer.h"
#include "base/ulid.h"
#include "service/subject_history.h"
#include "service/user_rebuilder.h"
#include "service/write_path.h"

namespace users::service {
namespace {

constexpr std::size_t kPageSize = 100;

Error BrokenHistory(const Log& log, std::string_view user_id, std::string_view fault) {
  log.Error("history_broken").Text("userId", user_id).Text("reason", fault);
  return Error::Internal();
}

}  // namespace

Task<Result<domain::User>> UserService::RebuildUser(UserRecord newest, Timestamp at,
                                                    Deadline deadline) {
  const std::string& user_id = newest.user.user_id;
  UserRebuilder rebuilder;
  bool more = true;
  while (more) {
    auto range = AuditRange(user_id, rebuilder.entries(), kPageSize);
    const auto page = co_await store_.Query(std::move(range), deadline);
    if (!page.ok()) co_return page.error();
    for (const storage::Row& row : page->rows) {
      const auto entry = DecodeAuditEntry(user_id, row);
      if (!entry.ok()) co_return entry.error();
      if (entry->timestamp > at) co_return rebuilder.user();
      if (const auto fault = rebuilder.Add(*entry)) co_return BrokenHistory(log_, user_id, *fault);
      if (entry->version == newest.user.version && entry->hash != newest.head_hash) {
        co_return BrokenHistory(log_, user_id, "an entry is not the one in the user record");
      }
    }
    more = page->more;
    if (HasPassed(deadline)) co_return GaveUp();
    // A user may have very many entries. Let the other requests of this thread go first.
    const Deadline now = std::chrono::steady_clock::now();
    if (more) co_await SleepUntil(now);
  }
  if (rebuilder.entries() < newest.user.version) {
    co_return BrokenHistory(log_, user_id, "the newest entries are missing");
  }
  co_return rebuilder.user();
}

Task<Result<PastUser>> UserService::GetUserAt(CallContext context, std::string user_id,
                                              Timestamp at) {
  if (at > clock_.Now()) co_return Error::Validation("time", "must not be in the future");
  if (!ParseUlid(user_id)) co_return NoSuchUser();
  auto item = co_await storage::GetOne(store_, ProfileKey(user_id), context.deadline);
  if (!item.ok()) co_return std::move(item.error());
  if (!*item) co_return NoSuchUser();
  auto newest = DecodeProfile(**item);
  if (!newest.ok()) co_return std::move(newest.error());
  auto user = co_await RebuildUser(std::move(*newest), at, context.deadline);
  if (!user.ok()) co_return std::move(user.error());
  // Without an entry up to that time, the user has no id.
  const bool existed = !user->user_id.empty() && user->status != domain::UserStatus::kDeleted;
  if (!existed) co_return NoSuchUser();

  auto catalogue = co_await RebuildSubject(store_, log_, std::string(domain::kCatalogueSubject), at,
                                           context.deadline);
  if (!catalogue.ok()) co_return std::move(catalogue.error());
  PastUser past;
  past.user = std::move(*user);
  past.at = at;
  if (catalogue->version() > 0) {
    const auto roles = domain::RolesOf(catalogue->state());
    if (!roles.ok()) co_return roles.error();
    past.permissions = roles->PermissionsOf(past.user.roles);
    past.catalogue_version = catalogue->version();
  }
  co_return past;
}

}  // namespace users::service
