#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/async/task.h"
#include "base/result.h"
#include "service/idempotency.h"
#include "service/user_records.h"
#include "storage/table_store.h"

namespace users::service {

// A violated invariant, and its place.
struct Finding {
  std::string place;  // "user 01J...", "item USER_LIST#0 USER#01J..."
  std::string what;
};

// Returns the name of an item in findings.
std::string PlaceOf(const storage::Key& key);

// Returns the text in one line. Bytes that cannot be printed become \xHH.
std::string Printable(std::string_view text);

// Reads the responses in idempotency records. The code that rendered them provides the functions.
struct StoredResponseReader {
  // Returns the user of the change; nothing if this is not a response of this service.
  std::function<std::optional<std::string>(const StoredResponse&)> user_of;
  // Returns whether this is a response to the change that the entry records.
  std::function<bool(const StoredResponse&, const domain::AuditEntry&)> responses;
};

// The options of a check.
struct IntegrityOptions {
  // When this program took over a store of an earlier version, whose audit entries do not commit to
  // responses. A response to a change before that time is accepted without a commitment, if it
  // expires as early as one that was stored with its change. Nothing: every response needs one.
  std::optional<Timestamp> commitments_since;
  // Whether users of an earlier generation of items may exist.
  bool may_have_old_items = false;
};

// Checks the content of a store against the invariants of the contract ("What must always hold", 1
// to 5). Pass it every item once. For a profile, it checks the whole user: the chain of audit
// entries, the record that they rebuild, the list and email items. For the head of a subject, it
// checks the chain of its history. Any other item of the users table must belong to such a user or
// subject, and an idempotency record to an audit entry of a user. The
// store must not change meanwhile. The memory does not grow with the store.
class IntegrityChecker {
 public:
  // Without a reader, it does not check which change a response belongs to.
  explicit IntegrityChecker(storage::TableStore& store, StoredResponseReader responses = {},
                            IntegrityOptions options = {})
      : store_(store), responses_(std::move(responses)), options_(options) {}

  // An error means that the store could not be read. Faults in the data are findings.
  Task<Status> Check(storage::Key key, storage::Item item);

  // Reports that the bytes under a key are not an item.
  void ReportBroken(const storage::Key& key);

  // Reports something that was found elsewhere.
  void Report(std::string place, std::string what);

  // Returns the findings since the last call.
  std::vector<Finding> TakeFindings() { return std::exchange(findings_, {}); }

  // The number of users checked so far.
  std::uint64_t users() const { return users_; }
  // The number of verified audit entries, and of all stored ones.
  std::uint64_t entries() const { return entries_; }
  std::uint64_t stored_entries() const { return stored_entries_; }

 private:
  Task<Status> CheckProfile(storage::Key key, storage::Item item);
  Task<Status> CheckHistory(UserRecord record);
  Task<Status> CheckSubject(storage::Key key, storage::Item item);
  template <class Rebuilder>
  Task<Result<bool>> Rebuild(std::string chain, Rebuilder& rebuilder);
  Task<Status> CheckIndexItemsOf(UserRecord record);
  Task<Status> CheckAuditItem(storage::Key key);
  Task<Status> CheckIndexItem(storage::Key key, storage::Item item);
  Task<Status> CheckIdempotencyRecord(storage::Key key, storage::Item item);
  bool MayLackCommitment(const storage::Key& key, const IdempotencyRecord& record,
                         const domain::AuditEntry& entry) const;

  storage::TableStore& store_;
  const StoredResponseReader responses_;
  const IntegrityOptions options_;
  std::vector<Finding> findings_;
  std::uint64_t users_ = 0;
  std::uint64_t entries_ = 0;
  std::uint64_t stored_entries_ = 0;
  std::string last_found_chain_;  // audit items of one chain are adjacent
};

}  // namespace users::service
