#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "service/user_service.h"
#include "storage/local/local_store.h"

namespace users::testing {

// The acknowledged changes. Each has a unique correlation id, which the audit log must contain.
// Thread-safe.
class DurableHistory {
 public:
  struct Acknowledged {
    std::string user_id;
    std::uint64_t version = 0;
    std::string correlation_id;
  };

  // Records an acknowledged change.
  void Add(Acknowledged change);
  // The id of a random registered user. Empty if there is none.
  std::string AnyUser(std::mt19937_64& random) const;
  // The number of acknowledged changes.
  std::size_t size() const;

  // The faults of the store, one per line: broken invariants, missing acknowledged changes, and
  // entries without a record in the feed. Empty if there are none.
  std::string FaultsOf(storage::local::LocalStore& store) const;

 private:
  mutable Mutex mutex_;
  std::vector<Acknowledged> changes_ USERS_GUARDED_BY(mutex_);
  std::vector<std::string> users_ USERS_GUARDED_BY(mutex_);
};

// The action of a client after the store fails.
enum class AfterFailure { kStop, kGoOn };

// Runs one client, which makes `operations` random changes one after the other. With kStop it stops
// when the store fails. `name` must be unique, because it makes the client's idempotency keys and
// correlation ids unique.
Task<void> RunClient(service::UserService& users, DurableHistory& history, std::string name,
                     std::uint64_t seed, int operations, AfterFailure after_failure);

}  // namespace users::testing
