#pragma once

#include <string>
#include <vector>

#include "storage/table_store.h"

namespace users::testing {

// What has happened to a user of the sample store.
enum class Life {
  kChanged,  // registered, renamed, given a role, disabled, given another address: version 5
  kActive,   // registered, given a role, its metadata changed: version 3
  kDeleted,  // registered, renamed, deleted: version 3
  kFresh,    // registered: version 1
};

struct SampleUser {
  std::string id;
  std::string email;
  std::vector<storage::Key> records;  // the idempotency record of each version, the first first
};

// A stopped store in a directory, filled through the operations of the API by many callers at once,
// every write with an idempotency key. The first half of its changes has been delivered.
class SampleStore {
 public:
  // About so many items in the two tables.
  SampleStore(const std::string& directory, std::size_t items);

  const std::vector<SampleUser>& users(Life life) const {
    return users_[static_cast<std::size_t>(life)];
  }
  std::uint64_t entries() const { return entries_; }
  std::uint64_t delivered() const { return entries_ / 2; }

 private:
  std::vector<std::vector<SampleUser>> users_;
  std::uint64_t entries_ = 0;  // audit entries
};

}  // namespace users::testing
