#pragma once

#include <cstdint>
#include <functional>

#include "base/async/task.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "service/user_records.h"
#include "storage/table_scan.h"
#include "storage/table_store.h"

namespace users::service {

// How far an upgrade has got.
struct UpgradeProgress {
  std::uint64_t users = 0;       // examined
  std::uint64_t upgraded = 0;    // got the items that they lacked
  std::uint64_t removed = 0;     // role items that their users must not have
  std::uint64_t unreadable = 0;  // profiles or role items that could not be decoded
};

// Gives every user of an earlier generation the items of the newest one, and removes role items
// that their users must not have. Such items are left when an earlier version of the program
// changes a user that has role items already.
//
// Each user is upgraded in a transaction of its own, which fails if the user has changed since, so
// servers of both versions may read and write meanwhile. An upgrade that was interrupted may be
// started again: it passes over the users that have the newest items. Any number of upgrades may
// run at once. Not thread-safe.
class ItemUpgrade {
 public:
  // Both must outlive the upgrade. They are the same store. `concurrency` is the max number of
  // users that are upgraded at the same time.
  ItemUpgrade(storage::TableStore& store, storage::TableScan& scan, std::size_t concurrency);

  // Called after each page. The upgrade ends if it returns false.
  using ShowProgress = std::function<bool(const UpgradeProgress&)>;

  // Returns the totals once all items have been read. Fails with kUnavailable if the store could not
  // be used for a minute, or if `show` ended it.
  Task<Result<UpgradeProgress>> Run(ShowProgress show);

 private:
  using Scanned = std::pair<storage::Key, storage::Item>;
  // Each returns without an error if there is nothing to do.
  Task<Status> Examine(Scanned scanned);
  Task<Status> UpgradeUser(UserRecord record);
  Task<Status> CheckRoleItem(storage::Key key, UserReference holder);
  // Reads the user as it is now. Nothing if it does not exist or cannot be decoded.
  Task<Result<std::optional<UserRecord>>> ReadUser(const std::string& user_id);

  storage::TableStore& store_;
  storage::TableScan& scan_;
  const std::size_t concurrency_;
  UpgradeProgress progress_;
};

}  // namespace users::service
