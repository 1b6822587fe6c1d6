#include "maintenance/upgrade.h"

#include <chrono>

#include "service/item_upgrade.h"

namespace users::maintenance {
namespace {

// Enough to share synced writes, and few enough that requests are not delayed.
constexpr std::size_t kConcurrency = 32;
constexpr std::chrono::seconds kProgressInterval{5};

void Describe(Log::Line line, const service::UpgradeProgress& progress) {
  line.Number("users", static_cast<std::int64_t>(progress.users))
      .Number("upgraded", static_cast<std::int64_t>(progress.upgraded))
      .Number("removedItems", static_cast<std::int64_t>(progress.removed))
      .Number("unreadableItems", static_cast<std::int64_t>(progress.unreadable));
}

}  // namespace

Task<bool> UpgradeStore(storage::local::LocalStore& store, const Log& log) {
  log.Info("store_upgrade_started");
  auto next_line = std::chrono::steady_clock::now() + kProgressInterval;
  const auto show = [&](const service::UpgradeProgress& progress) {
    if (std::chrono::steady_clock::now() >= next_line) {
      Describe(log.Info("store_upgrading"), progress);
      next_line = std::chrono::steady_clock::now() + kProgressInterval;
    }
    return true;
  };
  service::ItemUpgrade upgrade(store, store, kConcurrency);
  const auto upgraded = co_await upgrade.Run(show);
  const Status finished = upgraded.ok() ? store.FinishUpgrade() : Status(upgraded.error());
  if (!finished.ok()) {
    log.Warning("store_upgrade_failed").Text("reason", finished.error().message);
    co_return false;
  }
  Describe(log.Info("store_upgraded"), *upgraded);
  co_return true;
}

}  // namespace users::maintenance
