#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>

#include "service/integrity.h"
#include "storage/local/local_store.h"

namespace users::maintenance {

// Returns the text of a finding about a range that cannot be read: the file and the reason.
std::string DamageIn(const storage::local::UnreadableRange& range);

// Checks the change feed of a store against its audit entries ("What must always hold", 8). The
// feed must record every entry that no consumer has passed, and those of one user or subject in the order of
// their versions up to the newest. The memory grows with the users in the feed, about 100 bytes
// each. If a relay keeps up, they are few.
class FeedChecker {
 public:
  // Receives each finding.
  using Report = std::function<void(std::string place, std::string what)>;

  FeedChecker(storage::local::LocalStore& store, Report report)
      : store_(store), report_(std::move(report)) {}

  // `entries` is the number of audit entries in the store; nothing if it is not known.
  void Check(std::optional<std::uint64_t> entries);

 private:
  void CheckCheckpoint(const storage::local::StoredCheckpoint& checkpoint);
  void CheckRecord(const storage::local::StoredFeedRecord& record);
  void CheckPointer(const std::string& place, const storage::Key& key);
  void CheckNewest(const std::string& chain, std::uint64_t version);
  void Skip(const storage::local::UnreadableRange& range);

  storage::local::LocalStore& store_;
  const Report report_;
  std::optional<std::uint64_t> passed_by_all_;
  std::uint64_t last_ = 0;  // the greatest position of checkpoints and records so far
  std::uint64_t expected_ = 1;
  std::unordered_map<std::string, std::uint64_t> newest_told_;  // version by chain
  std::uint64_t passed_ = 0;  // changes before the first ones that the feed still records
  bool is_whole_ = true;      // all checkpoints and records so far could be read
  bool after_gap_ = false;    // the next record is the first one after a range that was skipped
};

}  // namespace users::maintenance
