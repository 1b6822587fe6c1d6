#pragma once

#include <optional>
#include <string>

#include "service/user_service.h"

// What registration and changes share; see write_path.cpp for the steps.
namespace users::service {

// The user, and with a key the record of it, as one atomic read found them.
struct UserService::Snapshot {
  std::optional<UserRecord> user;
  std::optional<IdempotencyRecord> record;
};

struct UserService::CommitResult {
  enum class Kind {
    kCommitted,
    kReplayed,   // a twin was first; `answer` is its answer
    kLostRace,   // the user has changed since it was read: read again
    kUndecided,  // the store could not tell: the same again
  };
  Kind kind = Kind::kCommitted;
  StoredAnswer answer;
};

// The response to a change that is about to be committed.
struct UserService::PendingResponse {
  PendingResponse() = default;

  IdempotencyRecord record;
  std::optional<storage::WriteOp> put_record;  // nothing without an idempotency key
  domain::Salt salt{};                         // of the change's audit entry; commits to the record
  Timestamp now;                               // when the record was made
};

// Waits between attempts, longer each time and at random, so that rivals do not meet again.
class BackOff {
 public:
  explicit BackOff(Deadline deadline) : deadline_(deadline) {}

  // False if the deadline has passed: time to give up.
  Task<bool> Wait();

 private:
  const Deadline deadline_;
  int attempts_ = 0;
};

Error GaveUp();
Error KeyReused();

// The first response under a key that has a record, or the error 409 (kConflict) if the request is
// a different one.
Result<StoredAnswer> AnswerFromRecord(const IdempotencyRecord& record,
                                      const Sha256Digest& request_hash);

}  // namespace users::service
