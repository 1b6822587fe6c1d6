#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "storage/table_store.h"

namespace users::testing {

// A store on a connection that fails: requests and responses are lost, and transactions have
// conflicts. All of its results are still allowed by the port's contract. Thread-safe.
class UnreliableStore final : public storage::TableStore {
 public:
  // The percentage of calls that fail in each way.
  struct Faults {
    unsigned lost_requests = 0;   // an error without any effect
    unsigned lost_responses = 0;  // an error, although the transaction has committed
    unsigned conflicts = 0;       // an undecided transaction: a conflict or throttling
    // A planted bug, to test the tests: reads return the state before the latest write.
    unsigned stale_reads = 0;
  };

  // Sets the real store, which must outlive its use. No call may be in progress.
  void Connect(storage::TableStore& store) { store_ = &store; }

  // Sets the faults from now on. The seed decides which calls fail, in the order of the calls.
  void SetFaults(const Faults& faults, std::uint64_t seed);

  Task<Result<storage::TransactionResult>> TransactWrite(storage::Transaction transaction,
                                                         Deadline deadline) override;
  Task<Result<std::vector<std::optional<storage::Item>>>> Get(std::vector<storage::Key> keys,
                                                              Deadline deadline) override;
  Task<Result<std::vector<std::optional<storage::Item>>>> GetEach(std::vector<storage::Key> keys,
                                                                  Deadline deadline) override;
  Task<Result<storage::Page>> Query(storage::QueryRange range, Deadline deadline) override;

 private:
  using Items = std::vector<std::optional<storage::Item>>;
  // Makes a call of Get or of GetEach.
  enum class Reading { kTogether, kEach };
  Task<Result<Items>> Read(Reading reading, std::vector<storage::Key> keys, Deadline deadline);

  enum class Outcome { kWell, kLostRequest, kLostResponse, kConflict, kThrottled, kStale };
  Outcome OfWrite();
  Outcome OfRead();
  bool HasStaleReads() {
    const MutexLock lock(mutex_);
    return faults_.stale_reads > 0;
  }
  unsigned Percent() USERS_REQUIRES(mutex_) { return static_cast<unsigned>(random_() % 100); }

  storage::TableStore* store_ = nullptr;
  Mutex mutex_;
  Faults faults_ USERS_GUARDED_BY(mutex_);
  std::mt19937_64 random_ USERS_GUARDED_BY(mutex_);
  // The state that stale reads return.
  std::map<std::string, std::optional<storage::Item>> former_ USERS_GUARDED_BY(mutex_);
};

}  // namespace users::testing
