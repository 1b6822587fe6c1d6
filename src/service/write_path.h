#pragma once

#include <optional>
#include <string>

#include "service/user_service.h"

// The parts that registration and changes share. See write_path.cpp for the steps.
namespace users::service {

// The user, and the record of the idempotency key if there is one, from one atomic read.
struct UserService::Snapshot {
  std::optional<UserRecord> user;
  std::optional<IdempotencyRecord> record;
};

// The result of an attempt to commit.
struct UserService::CommitResult {
  enum class Kind {
    kCommitted,
    kReplayed,   // an identical request was first; `response` is its response
    kLostRace,   // the user has changed since it was read: read again
    kUndecided,  // the store does not know the result: retry the same transaction
  };
  Kind kind = Kind::kCommitted;
  StoredResponse response;
};

// The response to a change that is about to be committed.
struct UserService::PendingResponse {
  PendingResponse() = default;

  IdempotencyRecord record;
  std::optional<storage::WriteOp> put_record;  // nothing without an idempotency key
  domain::Salt salt{};                         // of the change's audit entry; commits to the record
  Timestamp now;                               // when the record was made
};

// Waits between attempts, longer each time and for a random time, so that competing writers do not
// collide again.
class BackOff {
 public:
  explicit BackOff(Deadline deadline) : deadline_(deadline) {}

  // Returns false if the deadline has passed.
  Task<bool> Wait();

 private:
  const Deadline deadline_;
  int attempts_ = 0;
};

// Return kNotFound, kUnavailable because the deadline has passed, and kConflict
// (kIdempotencyKeyReused). Reads use the first two as well.
Error NoSuchUser();
Error GaveUp();
Error KeyReused();

// Returns the first response under a key that has a record, or kConflict (kIdempotencyKeyReused) if
// the request is a different one.
Result<StoredResponse> ResponseFromRecord(const IdempotencyRecord& record,
                                          const Sha256Digest& request_hash);

}  // namespace users::service
