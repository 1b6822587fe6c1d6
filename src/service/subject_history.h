#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "audit/chain.h"
#include "base/async/task.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "domain/subject_state.h"
#include "service/subject_records.h"
#include "storage/table_store.h"

// The history of the role catalogue and of the principals, as entries of the audit trail.
namespace users::service {

// Rebuilds the state of a subject from its entries, oldest first, and verifies their chain. Not
// thread-safe.
class SubjectRebuilder {
 public:
  // Adds the next entry. Returns a description of the first fault found, or nothing.
  std::optional<std::string> Add(const domain::AuditEntry& entry);

  // The newest entry so far: its version, 0 if there is none, its hash and its time.
  std::uint64_t version() const { return verifier_.entries(); }
  const Sha256Digest& hash() const { return hash_; }
  Timestamp time() const { return time_; }
  // The state after it.
  const domain::SubjectState& state() const { return state_; }

 private:
  audit::ChainVerifier verifier_;
  Sha256Digest hash_{};
  Timestamp time_;
  domain::SubjectState state_;
};

// Rebuilds a subject from all its entries that are not after `at`. Fails with
// - kUnavailable: the store cannot be reached, or an entry has a newer format;
// - kInternal: the chain is broken; the fault is logged.
// The references must outlive the call. Thread-safe.
Task<Result<SubjectRebuilder>> RebuildSubject(storage::TableStore& store, const Log& log,
                                              std::string subject, Timestamp at, Deadline deadline);

// The state of a subject that is in force, and since when.
struct StateInForce {
  StateInForce(std::string subject, domain::SubjectState state, Timestamp since)
      : subject(std::move(subject)), state(std::move(state)), since(since) {}

  std::string subject;
  domain::SubjectState state;
  Timestamp since;
};

// Appends one entry or several to the history of the subject, unless the state is the newest one
// that the store knows. Any number of servers may do this at once: none writes a version twice.
// Returns the version of the subject. The errors are those of RebuildSubject. The references must
// outlive the call. Thread-safe.
Task<Result<std::uint64_t>> RecordState(storage::TableStore& store, const Clock& clock,
                                        const Log& log, StateInForce in_force, Deadline deadline);

}  // namespace users::service
