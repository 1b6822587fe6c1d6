#include "service/write_path.h"

#include <algorithm>

#include "audit/chain.h"
#include "base/async/timer.h"
#include "base/random.h"

namespace users::service {
namespace {

using storage::OpOutcome;
using storage::OpReason;

constexpr std::chrono::milliseconds kFirstWait{1};
constexpr int kMaxDoublings = 6;

bool AnyIs(const std::vector<OpReason>& reasons, OpOutcome outcome) {
  return std::any_of(reasons.begin(), reasons.end(),
                     [&](const OpReason& reason) { return reason.outcome == outcome; });
}

}  // namespace

Task<bool> BackOff::Wait() {
  const auto longest = kFirstWait * (1 << std::min(attempts_++, kMaxDoublings));
  const Deadline until = std::chrono::steady_clock::now() + RandomPartOf(longest);
  if (until >= deadline_) co_return false;
  co_await SleepUntil(until);
  co_return true;
}

Error NoSuchUser() {
  return Error::Of(ErrorCode::kNotFound, "There is no such user.");
}

Error GaveUp() {
  return Error::Unavailable("The request could not be completed in time. Try again.");
}

Error KeyReused() {
  Error error =
      Error::Of(ErrorCode::kConflict, "The idempotency key was used before for another request.");
  error.conflict_reason = ConflictReason::kIdempotencyKeyReused;
  return error;
}

Result<StoredResponse> ResponseFromRecord(const IdempotencyRecord& record,
                                          const Sha256Digest& request_hash) {
  if (record.request_hash != request_hash) return KeyReused();
  return record.response;
}

namespace {

IdempotencyScope ScopeOf(const WriteContext& context, const std::string& target) {
  IdempotencyScope scope;
  scope.owner = domain::IdempotencyOwner(context.call.caller.arn);
  scope.operation = context.operation;
  scope.target = target;
  scope.key = *context.idempotency_key;
  return scope;
}

}  // namespace

Task<Result<UserService::Snapshot>> UserService::ReadUser(const WriteContext& context,
                                                          const std::string& user_id,
                                                          bool with_record) {
  std::vector<storage::Key> keys;
  keys.push_back(ProfileKey(user_id));
  if (with_record) keys.push_back(IdempotencyItemKey(ScopeOf(context, user_id)));
  auto items = co_await store_.Get(std::move(keys), context.call.deadline);
  if (!items.ok()) co_return std::move(items.error());

  Snapshot snapshot;
  if ((*items)[0]) {
    auto user = DecodeProfile(*(*items)[0]);
    if (!user.ok()) co_return std::move(user.error());
    snapshot.user = std::move(*user);
  }
  if (with_record) {
    auto record = LiveRecord((*items)[1], clock_.Now());
    if (!record.ok()) co_return std::move(record.error());
    snapshot.record = std::move(*record);
  }
  co_return snapshot;
}

UserService::PendingResponse UserService::MakeResponse(const WriteContext& context,
                                                       const std::string& target,
                                                       const Sha256Digest& request_hash,
                                                       const domain::User& after) {
  PendingResponse response;
  response.now = clock_.Now();
  response.record = MakeRecord(request_hash, context.render(after), response.now);
  if (context.idempotency_key) {
    storage::Key key = IdempotencyItemKey(ScopeOf(context, target));
    response.salt = SaltFor(key, response.record);
    response.put_record = PutRecord(std::move(key), response.record, response.now);
  } else {
    response.salt = RandomBytes<16>();
  }
  return response;
}

domain::AuditEntry UserService::MakeEntry(const WriteContext& context, std::string_view action,
                                          const domain::User* before, const domain::User& after,
                                          const domain::Salt& salt, const Sha256Digest& prev_hash) {
  domain::AuditEntry entry;
  // Random, not incremented like user ids. After a restart only the greatest user id is known, so
  // event ids counted while the clock was behind could be used again.
  entry.event_id = RandomUlid(clock_).ToString();
  entry.user_id = after.user_id;
  entry.version = after.version;
  entry.timestamp = after.updated_at;
  entry.action = action;
  entry.actor = context.call.caller.arn;
  entry.access_key_id = context.call.caller.access_key_id;
  entry.correlation_id = context.call.correlation_id;
  entry.reason = context.reason;
  domain::SetChanges(entry, before, after);
  audit::Seal(entry, salt, prev_hash);
  return entry;
}

Task<Result<UserService::CommitResult>> UserService::Commit(const WriteContext& context,
                                                            const std::string& target,
                                                            Change change,
                                                            PendingResponse response) {
  CommitResult result;
  result.response = std::move(response.record.response);
  if (response.put_record) {
    change.Add(std::move(*response.put_record), ChangePart::kIdempotency);
  }
  const std::vector<ChangePart> parts = std::move(change.parts);
  auto written = co_await store_.TransactWrite(std::move(change.writes), context.call.deadline);
  if (!written.ok()) co_return std::move(written.error());
  if (written->committed) co_return result;

  const std::vector<OpReason>& reasons = written->reasons;
  const auto reason_of = [&](ChangePart part) -> const OpReason* {
    const auto at = std::find(parts.begin(), parts.end(), part);
    return at == parts.end() ? nullptr : &reasons[static_cast<std::size_t>(at - parts.begin())];
  };
  const auto failed = [&](ChangePart part) {
    const OpReason* reason = reason_of(part);
    return reason != nullptr && reason->outcome == OpOutcome::kConditionFailed;
  };

  // Check the key's record first. An identical request that is committing or has committed also
  // shows as "email in use" or "version changed".
  if (failed(ChangePart::kIdempotency)) {
    auto first = LiveRecord(reason_of(ChangePart::kIdempotency)->old_item, response.now);
    if (!first.ok()) co_return std::move(first.error());
    if (!first->has_value()) co_return Error::Internal();  // the store contradicts itself
    auto replay = ResponseFromRecord(**first, response.record.request_hash);
    if (!replay.ok()) co_return std::move(replay.error());
    result.kind = CommitResult::Kind::kReplayed;
    result.response = std::move(*replay);
    co_return result;
  }
  if (AnyIs(reasons, OpOutcome::kConflict) || AnyIs(reasons, OpOutcome::kThrottled)) {
    result.kind = CommitResult::Kind::kUndecided;
    co_return result;
  }
  if (failed(ChangePart::kProfile)) {
    result.kind = CommitResult::Kind::kLostRace;
    co_return result;
  }
  if (failed(ChangePart::kAuditEntry)) {
    // The profile has version N-1, but entry N exists already: a torn restore, not a race.
    log_.Error("store_inconsistent")
        .Text("userId", target)
        .Text("found", "audit entry newer than the user")
        .Text("correlationId", context.call.correlation_id);
    co_return Error::Internal();
  }
  for (const domain::HandleKind kind : domain::kHandleKinds) {
    if (failed(ClaimOf(kind))) co_return HandleInUse(kind);
  }
  log_.Error("store_inconsistent")
      .Text("userId", target)
      .Text("found", "the user does not own one of its handles")
      .Text("correlationId", context.call.correlation_id);
  co_return Error::Internal();
}

}  // namespace users::service
