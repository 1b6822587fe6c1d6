#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "storage/table_store.h"

namespace users::testing {

// A store at the end of a bad line: requests and answers are lost, transactions meet conflicts.
// What the caller is told is true of the port's contract all the same. Thread-safe.
class UnreliableStore final : public storage::TableStore {
 public:
  // How often something goes wrong, in percent of the calls.
  struct Faults {
    unsigned lost_requests = 0;  // an error, and nothing has happened
    unsigned lost_answers = 0;   // an error, and the transaction has committed all the same
    unsigned conflicts = 0;      // an undecided transaction: a conflict, or too much load
    // A planted bug, for tests of the tests: reads that see the state before the latest write.
    unsigned stale_reads = 0;
  };

  // The store behind it, which outlives its use. Not while calls are under way.
  void Connect(storage::TableStore& store) { store_ = &store; }

  // From now on. What goes wrong when is decided by the seed, in the order of the calls.
  void SetFaults(const Faults& faults, std::uint64_t seed);

  Task<Result<storage::TransactionResult>> TransactWrite(storage::Transaction transaction,
                                                         Deadline deadline) override;
  Task<Result<std::vector<std::optional<storage::Item>>>> Get(std::vector<storage::Key> keys,
                                                              Deadline deadline) override;
  Task<Result<storage::Page>> Query(storage::QueryRange range, Deadline deadline) override;

 private:
  enum class Outcome { kWell, kLostRequest, kLostAnswer, kConflict, kThrottled, kStale };
  Outcome OfWrite();
  Outcome OfRead();
  unsigned Percent() { return static_cast<unsigned>(random_() % 100); }

  storage::TableStore* store_ = nullptr;
  std::mutex mutex_;
  Faults faults_;
  std::mt19937_64 random_;
  std::map<std::string, std::optional<storage::Item>> former_;  // what stale reads see
};

}  // namespace users::testing
