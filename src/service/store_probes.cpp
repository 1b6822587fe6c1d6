#include "service/store_probes.h"

#include "service/idempotency.h"
#include "service/user_records.h"

namespace users::service {

Task<bool> IsReachable(storage::TableStore& store, Deadline deadline) {
  // No user has this id.
  const auto item = co_await storage::GetOne(store, ProfileKey("HEALTH"), deadline);
  co_return item.ok();
}

Task<bool> IsWritable(storage::TableStore& store, Timestamp now, Deadline deadline) {
  storage::Transaction transaction;
  transaction.push_back(PutProbe(now));
  const auto result = co_await store.TransactWrite(std::move(transaction), deadline);
  co_return result.ok() &&
      (result->committed || result->reasons.front().outcome == storage::OpOutcome::kConflict);
}

}  // namespace users::service
