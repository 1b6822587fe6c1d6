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
// feed must record every entry that was committed after its begin, and those of one user or subject
// in the order of their versions up to the newest. Memory is bounded: the order of versions is
// checked between records that are at most some hundred thousand users apart.
class FeedChecker {
 public:
  // Receives each finding.
  using Report = std::function<void(std::string place, std::string what)>;

  FeedChecker(storage::local::LocalStore& store, Report report)
      : store_(store),
        report_(std::move(report)),
        begin_(store.Bounds().begin),
        last_(begin_),
        expected_(begin_ + 1) {}

  // `entries` is the number of audit entries in the store; nothing if it is not known.
  void Check(std::optional<std::uint64_t> entries);

 private:
  using Versions = std::unordered_map<std::string, std::uint64_t>;

  void CheckCheckpoint(const storage::local::StoredCheckpoint& checkpoint);
  void CheckRecord(const storage::local::StoredFeedRecord& record);
  void CheckPointer(const std::string& place, const storage::Key& key);
  void CheckNewest(const std::string& chain, std::uint64_t version);
  void Skip(const storage::local::UnreadableRange& range);

  // Returns the version of the previous record of a user or subject, if one is known, and remembers
  // this one.
  std::optional<std::uint64_t> Remember(const std::string& chain, std::uint64_t version);

  storage::local::LocalStore& store_;
  const Report report_;
  const std::uint64_t begin_;  // records up to it were removed
  std::uint64_t last_;         // the greatest position so far
  std::uint64_t expected_;
  std::uint64_t greatest_checkpoint_ = 0;
  // The version of the newest record of each user or subject: of the latest ones, and of those
  // before them.
  Versions latest_;
  Versions earlier_;
  std::uint64_t passed_ = 0;     // changes before the first ones that the feed still records
  bool knows_all_users_ = true;  // all records so far could be read, and no user was forgotten
  bool after_gap_ = false;       // the next record is the first one after a range that was skipped
};

}  // namespace users::maintenance
