#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "service/user_service.h"
#include "storage/local/local_store.h"

namespace users::testing {

// What clients were promised: the changes that were acknowledged, each with a correlation id of its
// own, so that the audit log must hold it. Thread-safe.
class DurableHistory {
 public:
  struct Acknowledged {
    std::string user_id;
    std::uint64_t version = 0;
    std::string correlation_id;
  };

  void Add(Acknowledged change);
  // A user that exists, at random; empty if there is none.
  std::string AnyUser(std::mt19937_64& random) const;
  std::size_t size() const;

  // What is wrong with the store: broken invariants, promised changes that are missing, entries
  // that the feed does not tell of. Empty if nothing is.
  std::string FaultsOf(storage::local::LocalStore& store) const;

 private:
  mutable std::mutex mutex_;
  std::vector<Acknowledged> changes_;
  std::vector<std::string> users_;
};

enum class AfterFailure { kStop, kGoOn };

// One client: random changes, one after the other, until `operations` are done or, where it is to
// stop then, the store fails. `name` makes its keys and correlation ids unlike those of others.
Task<void> RunClient(service::UserService& users, DurableHistory& history, std::string name,
                     std::uint64_t seed, int operations, AfterFailure after_failure);

}  // namespace users::testing
