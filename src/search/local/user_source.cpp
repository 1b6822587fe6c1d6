#include "search/local/user_source.h"

#include "base/async/run_task.h"
#include "service/user_records.h"

namespace users::search::local {
namespace {

constexpr std::chrono::seconds kReadTime{30};
// The maximum of one read.
constexpr std::size_t kMaxKeys = 100;

}  // namespace

Result<UserSource::Part> UserSource::ReadAfter(const Ulid& after, std::size_t limit) {
  const std::string last = after == Ulid() ? std::string() : after.ToString();
  auto range = service::ListRange(service::ListFilter(), list_shards_, last, limit);
  auto page = RunTask(store_.Query(std::move(range), DeadlineIn(kReadTime)));
  if (!page.ok()) return std::move(page.error());
  Part part;
  part.more = page->more;
  for (const storage::Row& row : page->rows) {
    const auto user = service::ListedUser(row.sort);
    if (user) part.users.push_back(UserTerms{*user, TermsIn(row.item)});
  }
  return part;
}

Result<std::vector<UserTerms>> UserSource::Read(const std::set<Ulid>& users) {
  std::vector<UserTerms> read;
  std::vector<storage::Key> keys;
  for (auto user = users.begin(); user != users.end();) {
    keys.clear();
    const std::size_t first = read.size();
    for (; user != users.end() && keys.size() < kMaxKeys; ++user) {
      const std::string id = user->ToString();
      keys.push_back(service::ListItemKey(id, service::ShardOf(id, list_shards_)));
      read.push_back(UserTerms{*user, Terms()});
    }
    const auto items = RunTask(store_.GetEach(keys, DeadlineIn(kReadTime)));
    if (!items.ok()) return items.error();
    for (std::size_t i = 0; i < items->size(); ++i) {
      if ((*items)[i]) read[first + i].terms = TermsIn(*(*items)[i]);
    }
  }
  return read;
}

Terms UserSource::TermsIn(const storage::Item& item) {
  const auto summary = service::DecodeSummary(item);
  if (summary.ok()) return TermsOf(*summary);
  log_.Warning("search_user_unreadable").Text("reason", summary.error().message);
  return Terms();
}

std::optional<KnownChange> UserSource::ChangeOf(const storage::FeedRecord& record) {
  const auto entry = service::DecodeAuditEntry(record.partition, record.sort, record.item);
  if (!entry.ok()) return std::nullopt;
  return KnownChange{record.partition, record.sort, entry->hash};
}

Result<bool> UserSource::Has(const KnownChange& change) {
  storage::Key key(storage::Table::kUsers, change.partition, change.sort);
  const auto item = RunTask(storage::GetOne(store_, std::move(key), DeadlineIn(kReadTime)));
  if (!item.ok()) return item.error();
  if (!*item) return false;
  const auto entry = service::DecodeAuditEntry(change.partition, change.sort, **item);
  return entry.ok() && entry->hash == change.hash;
}

std::optional<Ulid> ChangedUser(const storage::FeedRecord& record) {
  const auto chain = service::AuditChainOf(record.partition);
  return chain ? ParseUlid(*chain) : std::nullopt;
}

}  // namespace users::search::local
