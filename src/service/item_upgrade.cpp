#include "service/item_upgrade.h"

#include <algorithm>

#include "base/async/when_all.h"
#include "service/write_path.h"

namespace users::service {
namespace {

// The time after which an upgrade gives up on a store that does not respond.
constexpr std::chrono::minutes kPatience{1};

// Returns whether the user has the role item once it has the newest items.
bool WillHave(UserRecord record, const storage::Key& role_item) {
  record.item_generation = kItemGeneration;
  return MustHave(record, role_item);
}

}  // namespace

ItemUpgrade::ItemUpgrade(storage::TableStore& store, storage::TableScan& scan,
                         std::size_t concurrency)
    : store_(store), scan_(scan), concurrency_(concurrency) {}

Task<Result<UpgradeProgress>> ItemUpgrade::Run(ShowProgress show) {
  storage::ScanRange range(storage::Table::kUsers, {std::string(kProfilePartitionPrefix),
                                                    std::string(kRolePartitionPrefix)});
  while (true) {
    storage::ScanRange next = range;
    auto page = co_await scan_.Scan(std::move(next), DeadlineIn(kPatience));
    if (!page.ok()) co_return std::move(page.error());
    for (std::size_t done = 0; done < page->items.size(); done += concurrency_) {
      const std::size_t end = std::min(page->items.size(), done + concurrency_);
      std::vector<Task<Status>> tasks;
      for (std::size_t i = done; i < end; ++i) {
        tasks.push_back(Examine(std::move(page->items[i])));
      }
      for (const Status& result : co_await WhenAll(std::move(tasks))) {
        if (!result.ok()) co_return result.error();
      }
    }
    if (!show(progress_)) co_return Error::Unavailable("The upgrade was ended.");
    if (!page->continue_after) co_return progress_;
    range.after = std::move(page->continue_after);
  }
}

Task<Status> ItemUpgrade::Examine(Scanned scanned) {
  auto& [key, item] = scanned;
  if (IsRolePartition(key.partition)) {
    auto holder = DecodeReference(item);
    if (holder.ok()) co_return co_await CheckRoleItem(std::move(key), std::move(*holder));
    ++progress_.unreadable;
    co_return Done{};
  }
  ++progress_.users;
  auto record = DecodeProfile(item);
  if (!record.ok()) {
    ++progress_.unreadable;
    co_return Done{};
  }
  co_return co_await UpgradeUser(std::move(*record));
}

Task<Status> ItemUpgrade::UpgradeUser(UserRecord record) {
  const Deadline deadline = DeadlineIn(kPatience);
  BackOff back_off(deadline);
  while (record.item_generation != kItemGeneration) {
    Change change;
    AddUpgrade(change, record);
    auto written = co_await store_.TransactWrite(std::move(change.writes), deadline);
    if (!written.ok()) co_return std::move(written.error());
    if (written->committed) {
      ++progress_.upgraded;
      co_return Done{};
    }
    const bool again = co_await back_off.Wait();
    if (!again) co_return GaveUp();
    auto changed = co_await ReadUser(record.user.user_id);
    if (!changed.ok()) co_return std::move(changed.error());
    if (!*changed) co_return Done{};
    record = std::move(**changed);
  }
  co_return Done{};
}

Task<Status> ItemUpgrade::CheckRoleItem(storage::Key key, UserReference holder) {
  const Deadline deadline = DeadlineIn(kPatience);
  BackOff back_off(deadline);
  while (true) {
    auto record = co_await ReadUser(holder.user_id);
    if (!record.ok()) co_return std::move(record.error());
    // Without a user there is nothing to compare with: usersd check reports the item.
    if (!*record || WillHave(**record, key)) co_return Done{};
    Change change;
    AddRemoval(change, key, **record);
    auto written = co_await store_.TransactWrite(std::move(change.writes), deadline);
    if (!written.ok()) co_return std::move(written.error());
    if (written->committed) {
      ++progress_.removed;
      co_return Done{};
    }
    const bool again = co_await back_off.Wait();
    if (!again) co_return GaveUp();
  }
}

Task<Result<std::optional<UserRecord>>> ItemUpgrade::ReadUser(const std::string& user_id) {
  auto item = co_await storage::GetOne(store_, ProfileKey(user_id), DeadlineIn(kPatience));
  if (!item.ok()) co_return std::move(item.error());
  if (!*item) co_return std::optional<UserRecord>();
  auto record = DecodeProfile(**item);
  if (!record.ok()) co_return std::optional<UserRecord>();
  co_return std::optional<UserRecord>(std::move(*record));
}

}  // namespace users::service
