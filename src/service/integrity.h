#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "storage/table_store.h"

namespace users::service {

// Something that must never be, and where.
struct Finding {
  std::string place;  // "user 01J...", "item USER_LIST#0 USER#01J..."
  std::string what;
};

// How findings name an item.
std::string PlaceOf(const storage::Key& key);

// Judges what a store holds against the invariants of the contract ("What must always hold", 1 to
// 5): give it every item once. A profile answers for its whole user: the chain of audit entries,
// the record that they rebuild, the list and e-mail items. Any other item of the users table must
// belong to such a user. The store must not change meanwhile.
class IntegrityChecker {
 public:
  explicit IntegrityChecker(storage::TableStore& store) : store_(store) {}

  // An error means that the store could not be read; what is wrong with the data is a finding.
  Task<Status> Check(storage::Key key, storage::Item item);

  // Reports something that was found elsewhere.
  void Report(std::string place, std::string what);

  // The findings since the last call.
  std::vector<Finding> TakeFindings() { return std::exchange(findings_, {}); }

  std::uint64_t users() const { return users_; }
  std::uint64_t entries() const { return entries_; }

 private:
  Task<Status> CheckProfile(storage::Key key, storage::Item item);
  Task<Status> CheckAuditItem(storage::Key key);
  Task<Status> CheckIndexItem(storage::Key key, storage::Item item);
  Task<Result<std::optional<storage::Item>>> Find(storage::Key key);

  storage::TableStore& store_;
  std::vector<Finding> findings_;
  std::uint64_t users_ = 0;
  std::uint64_t entries_ = 0;
};

}  // namespace users::service
