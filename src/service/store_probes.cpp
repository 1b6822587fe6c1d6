#include "service/store_probes.h"

#include <utility>
#include <vector>

#include "service/idempotency.h"
#include "service/user_records.h"

namespace users::service {

Task<bool> IsReachable(storage::TableStore& store, Deadline deadline) {
  std::vector<storage::Key> keys;
  keys.push_back(ProfileKey("HEALTH"));  // no user has this id
  const auto items = co_await store.Get(std::move(keys), deadline);
  co_return items.ok();
}

Task<bool> IsWritable(storage::TableStore& store, Timestamp now, Deadline deadline) {
  storage::Transaction transaction;
  transaction.push_back(PutProbe(now));
  const auto result = co_await store.TransactWrite(std::move(transaction), deadline);
  co_return result.ok() &&
      (result->committed || result->reasons.front().outcome == storage::OpOutcome::kConflict);
}

}  // namespace users::service
