#include "support/unreliable_store.h"

namespace users::testing {
namespace {

Error Lost() {
  return Error::Unavailable("The store cannot be reached.");
}

std::string NameOf(const storage::Key& key) {
  return (key.table == storage::Table::kUsers ? "users " : "idempotency ") + key.partition + " " +
         key.sort;
}

}  // namespace

void UnreliableStore::SetFaults(const Faults& faults, std::uint64_t seed) {
  const MutexLock lock(mutex_);
  faults_ = faults;
  random_.seed(seed);
  former_.clear();
}

UnreliableStore::Outcome UnreliableStore::OfWrite() {
  const MutexLock lock(mutex_);
  unsigned percent = Percent();
  if (percent < faults_.lost_requests) return Outcome::kLostRequest;
  percent -= faults_.lost_requests;
  if (percent < faults_.lost_responses) return Outcome::kLostResponse;
  percent -= faults_.lost_responses;
  if (percent < faults_.conflicts)
    return percent % 2 == 0 ? Outcome::kConflict : Outcome::kThrottled;
  return Outcome::kWell;
}

UnreliableStore::Outcome UnreliableStore::OfRead() {
  const MutexLock lock(mutex_);
  unsigned percent = Percent();
  if (percent < faults_.lost_requests) return Outcome::kLostRequest;
  percent -= faults_.lost_requests;
  if (percent < faults_.stale_reads) return Outcome::kStale;
  return Outcome::kWell;
}

Task<Result<storage::TransactionResult>> UnreliableStore::TransactWrite(
    storage::Transaction transaction, Deadline deadline) {
  const Outcome outcome = OfWrite();
  if (outcome == Outcome::kLostRequest) co_return Lost();
  if (outcome == Outcome::kConflict || outcome == Outcome::kThrottled) {
    storage::TransactionResult undecided;
    undecided.reasons.resize(transaction.size());
    undecided.reasons.front().outcome = outcome == Outcome::kConflict
                                            ? storage::OpOutcome::kConflict
                                            : storage::OpOutcome::kThrottled;
    co_return undecided;
  }
  if (HasStaleReads()) {
    for (const storage::WriteOp& op : transaction) {
      auto before = co_await storage::GetOne(*store_, op.key(), deadline);
      const MutexLock lock(mutex_);
      if (before.ok()) former_[NameOf(op.key())] = std::move(*before);
    }
  }
  auto result = co_await store_->TransactWrite(std::move(transaction), deadline);
  if (outcome == Outcome::kLostResponse) co_return Lost();
  co_return result;
}

Task<Result<std::vector<std::optional<storage::Item>>>> UnreliableStore::Get(
    std::vector<storage::Key> keys, Deadline deadline) {
  return Read(Reading::kTogether, std::move(keys), deadline);
}

Task<Result<std::vector<std::optional<storage::Item>>>> UnreliableStore::GetEach(
    std::vector<storage::Key> keys, Deadline deadline) {
  return Read(Reading::kEach, std::move(keys), deadline);
}

Task<Result<UnreliableStore::Items>> UnreliableStore::Read(Reading reading,
                                                           std::vector<storage::Key> keys,
                                                           Deadline deadline) {
  const Outcome outcome = OfRead();
  if (outcome == Outcome::kLostRequest) co_return Lost();
  std::vector<std::string> names;
  for (const storage::Key& key : keys) names.push_back(NameOf(key));
  auto read = reading == Reading::kEach ? store_->GetEach(std::move(keys), deadline)
                                        : store_->Get(std::move(keys), deadline);
  auto items = co_await std::move(read);
  if (outcome == Outcome::kStale && items.ok()) {
    const MutexLock lock(mutex_);
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (const auto found = former_.find(names[i]); found != former_.end()) {
        (*items)[i] = found->second;
      }
    }
  }
  co_return items;
}

Task<Result<storage::Page>> UnreliableStore::Query(storage::QueryRange range, Deadline deadline) {
  const Outcome outcome = OfRead();
  if (outcome == Outcome::kLostRequest) co_return Lost();
  co_return co_await store_->Query(std::move(range), deadline);
}

}  // namespace users::testing
