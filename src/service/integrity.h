#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "service/idempotency.h"
#include "service/user_records.h"
#include "storage/table_store.h"

namespace users::service {

// Something that must never be, and where.
struct Finding {
  std::string place;  // "user 01J...", "item USER_LIST#0 USER#01J..."
  std::string what;
};

// How findings name an item.
std::string PlaceOf(const storage::Key& key);

// The text in one line, whatever bytes it has: those that cannot be printed as \xHH.
std::string Printable(std::string_view text);

// Reads the answers that idempotency records hold. What stands in them is the business of whoever
// rendered them.
struct AnswerReader {
  // Whose change it answers; nothing if it is no answer of ours.
  std::function<std::optional<std::string>(const StoredAnswer&)> user_of;
  // Whether it is an answer to the change that the entry tells of.
  std::function<bool(const StoredAnswer&, const domain::AuditEntry&)> answers;
};

struct IntegrityOptions {
  // When this program took over a store of an earlier version, whose audit entries do not commit to
  // responses. A response to a change before that time is accepted without a commitment, if it
  // expires as early as one that was stored with its change. Nothing: every response needs one.
  std::optional<Timestamp> commitments_since;
};

// Judges what a store holds against the invariants of the contract ("What must always hold", 1 to
// 5): give it every item once. A profile answers for its whole user: the chain of audit entries,
// the record that they rebuild, the list and e-mail items. Any other item of the users table must
// belong to such a user, and an idempotency record to one of its audit entries. The store must not
// change meanwhile. Its memory does not grow with the store.
class IntegrityChecker {
 public:
  // Without a reader, nothing is said about whose changes responses belong to.
  explicit IntegrityChecker(storage::TableStore& store, AnswerReader answers = {},
                            IntegrityOptions options = {})
      : store_(store), answers_(std::move(answers)), options_(options) {}

  // An error means that the store could not be read; what is wrong with the data is a finding.
  Task<Status> Check(storage::Key key, storage::Item item);

  // The same for what stands under a key and is no item.
  void ReportBroken(const storage::Key& key);

  // Reports something that was found elsewhere.
  void Report(std::string place, std::string what);

  // The findings since the last call.
  std::vector<Finding> TakeFindings() { return std::exchange(findings_, {}); }

  std::uint64_t users() const { return users_; }
  // Audit entries that were verified, and those that there are.
  std::uint64_t entries() const { return entries_; }
  std::uint64_t stored_entries() const { return stored_entries_; }

 private:
  Task<Status> CheckProfile(storage::Key key, storage::Item item);
  Task<Status> CheckHistory(UserRecord record);
  Task<Status> CheckIndexItemsOf(UserRecord record);
  Task<Status> CheckAuditItem(storage::Key key);
  Task<Status> CheckIndexItem(storage::Key key, storage::Item item);
  Task<Status> CheckIdempotencyRecord(storage::Key key, storage::Item item);
  bool MayLackCommitment(const storage::Key& key, const IdempotencyRecord& record,
                         const domain::AuditEntry& entry) const;
  Task<Result<std::optional<storage::Item>>> Find(storage::Key key);

  storage::TableStore& store_;
  const AnswerReader answers_;
  const IntegrityOptions options_;
  std::vector<Finding> findings_;
  std::uint64_t users_ = 0;
  std::uint64_t entries_ = 0;
  std::uint64_t stored_entries_ = 0;
  std::string last_found_user_;  // audit items of one user come together
};

}  // namespace users::service
