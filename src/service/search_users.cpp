#include <algorithm>

#include "search/terms.h"
#include "service/user_service.h"

namespace users::service {
namespace {

// A page reads at most about this many users, which is less than 1 MB, and calls the index at most
// this often.
constexpr std::size_t kMaxUsersRead = 400;
constexpr int kMaxCalls = 4;
// One user more than the limit shows whether the page is the last one.
constexpr std::size_t kMaxUsersPerRead = 98;

bool IsWanted(const domain::UserSummary& user, const SearchQuery& query) {
  if (query.status && user.status != *query.status) return false;
  if (query.role && !HasRole(user, *query.role)) return false;
  return user.user_id == query.whole || user.external_id == query.whole ||
         search::Matches(query.words, user);
}

// Adds a user to the candidates, if it is in their range, which begins after `after`.
void Add(search::Candidates& candidates, const Ulid& user, const std::optional<Ulid>& after) {
  if (after && user <= *after) return;
  if (candidates.examined && user > *candidates.examined) return;
  const auto place = std::lower_bound(candidates.ids.begin(), candidates.ids.end(), user);
  if (place == candidates.ids.end() || *place != user) candidates.ids.insert(place, user);
}

}  // namespace

Task<Result<ListPage>> UserService::SearchUsers(CallContext context, SearchQuery query) {
  if (options_.index == nullptr) {
    co_return Error::Validation(
        "q", "cannot be searched: a search needs the embedded store, and this server has another");
  }
  auto owner =
      co_await FindByHandle(context, domain::HandleKind::kExternalId, query.whole, std::nullopt);
  if (!owner.ok()) co_return std::move(owner.error());
  std::vector<Ulid> named;  // by the whole text, which the index does not know
  if (const auto id = ParseUlid(query.whole)) named.push_back(*id);
  for (const domain::UserSummary& user : owner->users) {
    if (const auto id = ParseUlid(user.user_id)) named.push_back(*id);
  }
  std::optional<Ulid> after = ParseUlid(query.after);
  ListPage page;
  std::size_t users_read = 0;
  for (int call = 0; call < kMaxCalls && users_read < kMaxUsersRead; ++call) {
    const std::size_t limit = std::min(query.limit + 1, kMaxUsersPerRead);
    auto found = co_await options_.index->Find(query.words, after, limit);
    if (!found.ok()) co_return std::move(found.error());
    for (const Ulid& user : named) Add(*found, user, after);
    std::vector<storage::Key> keys;
    for (const Ulid& candidate : found->ids) {
      const std::string id = candidate.ToString();
      keys.push_back(ListItemKey(id, ShardOf(id, options_.list_shards)));
    }
    users_read += keys.size();
    Result<std::vector<std::optional<storage::Item>>> items =
        std::vector<std::optional<storage::Item>>();
    if (!keys.empty()) items = co_await store_.GetEach(std::move(keys), context.deadline);
    if (!items.ok()) co_return std::move(items.error());
    for (const std::optional<storage::Item>& item : *items) {
      if (!item) continue;
      auto user = DecodeSummary(*item);
      if (!user.ok()) co_return std::move(user.error());
      if (!IsWanted(*user, query)) continue;
      if (page.users.size() == query.limit) {
        page.continue_after = page.users.back().user_id;
        co_return page;
      }
      page.users.push_back(std::move(*user));
    }
    if (!found->examined) co_return page;
    after = found->examined;
  }
  page.continue_after = after ? after->ToString() : query.after;
  co_return page;
}

}  // namespace users::service
