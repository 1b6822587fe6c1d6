#include "service/page_bytes.h"
#include "service/write_path.h"

namespace users::service {

UserService::UserService(storage::TableStore& store, const domain::RoleCatalogue& roles,
                         UlidGenerator& user_ids, const Clock& clock, const Log& log,
                         UserServiceOptions options)
    : store_(store),
      roles_(roles),
      user_ids_(user_ids),
      clock_(clock),
      log_(log),
      options_(options) {}

Task<Result<domain::User>> UserService::GetUser(CallContext context, std::string user_id) {
  if (!ParseUlid(user_id)) co_return NoSuchUser();
  auto item = co_await storage::GetOne(store_, ProfileKey(user_id), context.deadline);
  if (!item.ok()) co_return std::move(item.error());
  if (!*item) co_return NoSuchUser();
  auto record = DecodeProfile(**item);
  if (!record.ok()) co_return std::move(record.error());
  if (record->user.status == domain::UserStatus::kDeleted) co_return NoSuchUser();
  co_return std::move(record->user);
}

Task<Result<UserBatch>> UserService::GetUsers(CallContext context,
                                              std::vector<std::string> user_ids) {
  std::vector<storage::Key> keys;
  for (const std::string& user_id : user_ids) {
    if (ParseUlid(user_id)) keys.push_back(ProfileKey(user_id));
  }
  auto items = co_await store_.GetEach(std::move(keys), context.deadline);
  if (!items.ok()) co_return std::move(items.error());
  UserBatch batch;
  auto item = items->begin();
  for (std::string& user_id : user_ids) {
    const bool was_read = ParseUlid(user_id).has_value();
    const std::optional<storage::Item> found = was_read ? std::move(*item++) : std::nullopt;
    if (found) {
      auto record = DecodeProfile(*found);
      if (!record.ok()) co_return std::move(record.error());
      if (record->user.status != domain::UserStatus::kDeleted) {
        batch.users.push_back(std::move(record->user));
        continue;
      }
    }
    batch.not_found.push_back(std::move(user_id));
  }
  co_return batch;
}

Task<Result<ListPage>> UserService::ListUsers(CallContext context, ListQuery query) {
  const bool needs_all_items =
      query.filter.role || query.filter.status == domain::UserStatus::kDeleted;
  if (needs_all_items && options_.has_all_items != nullptr && !*options_.has_all_items) {
    co_return Error::Unavailable(
        "The store is being upgraded. Lists by role and of deleted users follow. Try again later.");
  }
  if (query.filter.role) co_return co_await ListHolders(std::move(context), std::move(query));
  auto range = ListRange(query.filter, options_.list_shards, query.after, query.limit);
  auto found = co_await store_.Query(std::move(range), context.deadline);
  if (!found.ok()) co_return std::move(found.error());
  ListPage page;
  page.users.reserve(found->rows.size());
  for (const storage::Row& row : found->rows) {
    auto summary = DecodeSummary(row.item);
    if (!summary.ok()) co_return std::move(summary.error());
    page.users.push_back(std::move(*summary));
  }
  if (found->more) {
    page.continue_after = page.users.empty() ? query.after : page.users.back().user_id;
  }
  co_return page;
}

// A role item only says where the user's list item is. The list item decides whether the user still
// holds the role, so an item that is left over from an earlier version shows nothing.
Task<Result<ListPage>> UserService::ListHolders(CallContext context, ListQuery query) {
  auto range = ListRange(query.filter, options_.list_shards, query.after, query.limit);
  auto found = co_await store_.Query(std::move(range), context.deadline);
  if (!found.ok()) co_return std::move(found.error());
  ListPage page;
  std::vector<storage::Key> keys;
  std::string last = query.after;
  for (const storage::Row& row : found->rows) {
    auto holder = DecodeReference(row.item);
    if (!holder.ok()) co_return std::move(holder.error());
    keys.push_back(ListItemKey(holder->user_id, holder->shard));
    last = std::move(holder->user_id);
  }
  if (found->more) page.continue_after = std::move(last);
  if (keys.empty()) co_return page;
  auto items = co_await store_.GetEach(std::move(keys), context.deadline);
  if (!items.ok()) co_return std::move(items.error());
  for (const std::optional<storage::Item>& item : *items) {
    if (!item) continue;
    auto summary = DecodeSummary(*item);
    if (!summary.ok()) co_return std::move(summary.error());
    const bool wanted = HasRole(*summary, *query.filter.role) &&
                        (!query.filter.status || summary->status == *query.filter.status);
    if (wanted) page.users.push_back(std::move(*summary));
  }
  co_return page;
}

Task<Result<ListPage>> UserService::FindByHandle(CallContext context, domain::HandleKind kind,
                                                 std::string handle,
                                                 std::optional<domain::UserStatus> status) {
  ListPage page;
  const std::string wanted = ComparedForm(kind, handle);
  while (!HasPassed(context.deadline)) {
    auto claim = co_await storage::GetOne(store_, HandleKey(kind, handle), context.deadline);
    if (!claim.ok()) co_return std::move(claim.error());
    if (!*claim) co_return page;
    auto owner = DecodeReference(**claim);
    if (!owner.ok()) co_return std::move(owner.error());

    storage::Key list_key = ListItemKey(owner->user_id, owner->shard);
    auto item = co_await storage::GetOne(store_, std::move(list_key), context.deadline);
    if (!item.ok()) co_return std::move(item.error());
    if (*item) {
      auto summary = DecodeSummary(**item);
      if (!summary.ok()) co_return std::move(summary.error());
      const std::string* has = HandleOf(*summary, kind);
      if (has != nullptr && ComparedForm(kind, *has) == wanted) {
        if (!status || summary->status == *status) page.users.push_back(std::move(*summary));
        co_return page;
      }
    }
    // The handle moved between the two reads. An empty page could be wrong at every moment, because
    // the handle may have passed from one user to another. Read again.
  }
  co_return GaveUp();
}

Task<Result<AuditPage>> UserService::QueryAudit(CallContext context, std::string user_id,
                                                AuditQuery query) {
  if (!ParseUlid(user_id)) co_return NoSuchUser();
  auto range = AuditRange(user_id, query.after_version, query.limit);
  auto found = co_await store_.Query(std::move(range), context.deadline);
  if (!found.ok()) co_return std::move(found.error());
  // Every user has at least the entry of its creation.
  if (found->rows.empty() && query.after_version == 0) co_return NoSuchUser();

  AuditPage page;
  std::size_t bytes = 0;
  std::uint64_t last_seen = query.after_version;
  for (const storage::Row& row : found->rows) {
    auto entry = DecodeAuditEntry(user_id, row);
    if (!entry.ok()) co_return std::move(entry.error());
    if (query.to && entry->timestamp >= *query.to) co_return page;  // entries are in order of time
    bytes += BytesAsJson(*entry);
    if (bytes > kMaxAuditPageBytes && last_seen != query.after_version) {
      page.continue_after = last_seen;
      co_return page;
    }
    last_seen = entry->version;
    const bool wanted = (!query.from || entry->timestamp >= *query.from) &&
                        (!query.action || entry->action == *query.action);
    if (wanted) page.entries.push_back(std::move(*entry));
  }
  if (found->more) page.continue_after = last_seen;
  co_return page;
}

}  // namespace users::service
