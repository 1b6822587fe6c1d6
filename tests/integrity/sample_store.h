#pragma once

#include <string>
#include <vector>

#include "storage/table_store.h"

namespace users::testing {

// The history of a user of the sample store.
enum class Life {
  kChanged,  // registered, renamed, given a role, disabled, given other handles: version 5
  kActive,   // registered, given a role, its metadata changed: version 3
  kDeleted,  // registered, renamed, deleted: version 3
  kFresh,    // registered: version 1
};

// One user of the sample store.
struct SampleUser {
  std::string id;
  std::string email;
  std::string external_id;
  std::string user_name;
  std::vector<storage::Key> records;  // the idempotency record of each version, oldest first
};

// A stopped store in a directory. Concurrent callers have filled it through the operations of the
// API, each write with an idempotency key. The first half of its changes has been delivered.
class SampleStore {
 public:
  // Creates a store with about `items` items in the two tables. A failure fails the test.
  SampleStore(const std::string& directory, std::size_t items);

  // The users with this history, in the order of creation.
  const std::vector<SampleUser>& users(Life life) const {
    return users_[static_cast<std::size_t>(life)];
  }
  // The number of audit entries.
  std::uint64_t entries() const { return entries_; }
  // The position in the change feed up to which the changes have been delivered.
  std::uint64_t delivered() const { return entries_ / 2; }

 private:
  std::vector<std::vector<SampleUser>> users_;
  std::uint64_t entries_ = 0;
};

}  // namespace users::testing
