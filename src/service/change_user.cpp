#include "base/json/json.h"
#include "domain/field_rules.h"
#include "service/write_path.h"

namespace users::service {
namespace {

// A timestamp that is further in the future than this shows that the clocks of servers differ, and
// is logged.
constexpr std::chrono::milliseconds kMaxClockSkew{1'000};

Error StaleVersion(std::uint64_t current) {
  Error error = Error::Of(ErrorCode::kPreconditionFailed,
                          "The user has another version than the If-Match header names.");
  error.current_version = current;
  return error;
}

Sha256Digest RequestHash(const ProfileChange& change) {
  std::string request;
  json::ObjectWriter writer(request);  // members in canonical order
  const auto handle = [&](std::string_view name, const HandleChange& value) {
    if (!value) return;
    if (*value) {
      writer.String(name, **value);
    } else {
      writer.Raw(name, "null");
    }
  };
  if (change.email) writer.String("email", *change.email);
  handle("externalId", change.external_id);
  if (change.metadata) {
    writer.Texts("metadata", *change.metadata);
  }
  if (change.metadata_changes) {
    writer.Name("metadataChanges");
    json::AppendTexts(request, *change.metadata_changes);
  }
  if (change.name) writer.String("name", *change.name);
  handle("userName", change.user_name);
  writer.Close();
  return Sha256(request);
}

Sha256Digest RequestHash(std::string_view name, std::string_view value) {
  std::string request;
  json::ObjectWriter writer(request);
  writer.String(name, value);
  writer.Close();
  return Sha256(request);
}

}  // namespace

// Reads the user, computes the new state, and commits on condition that nothing has changed since.
// After a lost race it starts again, so concurrent writes take effect one after the other.
Task<Result<WriteOutcome>> UserService::ChangeUser(WriteContext context, std::string user_id,
                                                   UserChange change) {
  // No user has such an id, and stores limit the length of keys.
  if (!ParseUlid(user_id)) co_return NoSuchUser();
  // Returns the state that the change makes, or the error that rejects it. If the content is the
  // same, the change is a no-op.
  const auto apply = [&](const Snapshot& snapshot) -> Result<domain::User> {
    if (!snapshot.user) return NoSuchUser();
    const domain::User& user = snapshot.user->user;
    const bool live = user.status != domain::UserStatus::kDeleted;
    if (!live && !change.sees_deleted) return NoSuchUser();
    if (context.if_match && !context.if_match->Admits(user.version, live)) {
      return StaleVersion(user.version);
    }
    return change.apply(user);
  };
  const auto changes = [](const Snapshot& snapshot, const Result<domain::User>& changed) {
    return changed.ok() && !HaveSameContent(snapshot.user->user, *changed);
  };

  BackOff back_off(context.call.deadline);
  while (true) {
    auto snapshot = co_await ReadUser(context, user_id, /*with_record=*/false);
    if (!snapshot.ok()) co_return std::move(snapshot.error());
    Result<domain::User> changed = apply(*snapshot);
    if (!changes(*snapshot, changed) && context.idempotency_key) {
      // Before a rejection or a no-op is final, check whether the key already has a response. This
      // is one atomic read: two reads could see an identical request's change but not yet its
      // record.
      snapshot = co_await ReadUser(context, user_id, /*with_record=*/true);
      if (!snapshot.ok()) co_return std::move(snapshot.error());
      if (snapshot->record) {
        auto first = ResponseFromRecord(*snapshot->record, change.request_hash);
        if (!first.ok()) co_return std::move(first.error());
        co_return WriteOutcome(std::move(user_id), std::move(*first), true);
      }
      changed = apply(*snapshot);
    }
    if (!changed.ok()) co_return std::move(changed.error());
    if (!changes(*snapshot, changed)) {
      StoredResponse unchanged = context.render(snapshot->user->user);
      co_return WriteOutcome(std::move(user_id), std::move(unchanged), false);
    }

    const UserRecord& before = *snapshot->user;
    UserRecord after = before;
    after.item_generation = kItemGeneration;
    after.user = std::move(*changed);
    after.user.version = before.user.version + 1;
    const Timestamp now = clock_.Now();
    after.user.updated_at = std::max(now, before.user.updated_at);
    if (after.user.updated_at - now > kMaxClockSkew) {
      log_.Warning("timestamps_frozen")
          .Text("userId", user_id)
          .Number("milliseconds", (after.user.updated_at - now).count());
    }
    PendingResponse response = MakeResponse(context, user_id, change.request_hash, after.user);
    const domain::AuditEntry entry = MakeEntry(context, change.action, &before.user, after.user,
                                               response.salt, before.head_hash);
    after.head_hash = entry.hash;

    Change writes;
    AddUpdate(writes, before, after, entry);
    auto committed = co_await Commit(context, user_id, std::move(writes), std::move(response));
    if (!committed.ok()) co_return std::move(committed.error());
    if (committed->kind == CommitResult::Kind::kCommitted ||
        committed->kind == CommitResult::Kind::kReplayed) {
      const bool replayed = committed->kind == CommitResult::Kind::kReplayed;
      co_return WriteOutcome(std::move(user_id), std::move(committed->response), replayed);
    }
    const bool again = co_await back_off.Wait();
    if (!again) co_return GaveUp();
  }
}

Task<Result<WriteOutcome>> UserService::UpdateProfile(WriteContext context, std::string user_id,
                                                      ProfileChange profile) {
  UserChange change;
  change.action = domain::action::kUserUpdated;
  change.request_hash = RequestHash(profile);
  change.apply = [profile = std::move(profile)](const domain::User& user) -> Result<domain::User> {
    domain::User changed = user;
    if (profile.email) changed.email = *profile.email;
    if (profile.name) changed.name = *profile.name;
    if (profile.external_id) changed.external_id = *profile.external_id;
    if (profile.user_name) changed.user_name = *profile.user_name;
    if (profile.metadata) changed.metadata = *profile.metadata;
    if (profile.metadata_changes) {
      domain::Apply(*profile.metadata_changes, changed.metadata);
      if (const auto fault = domain::SizeFaultOf(changed.metadata)) {
        return Error::Validation("metadataChanges", "the resulting metadata " + *fault);
      }
    }
    return changed;
  };
  return ChangeUser(std::move(context), std::move(user_id), std::move(change));
}

Task<Result<WriteOutcome>> UserService::SetStatus(WriteContext context, std::string user_id,
                                                  domain::UserStatus status) {
  if (status == domain::UserStatus::kDeleted && !roles_.MayDelete(context.call.caller.arn)) {
    co_return Error::Of(ErrorCode::kForbidden, "You may not delete users.");
  }
  UserChange change;
  change.action = domain::action::kStatusChanged;
  change.request_hash = RequestHash("status", NameOf(status));
  change.sees_deleted = true;
  change.apply = [status](const domain::User& user) -> Result<domain::User> {
    if (user.status == domain::UserStatus::kDeleted && status != domain::UserStatus::kDeleted) {
      Error error = Error::Of(ErrorCode::kConflict, "The user is deleted, and that is final.");
      error.conflict_reason = ConflictReason::kUserDeleted;
      return error;
    }
    domain::User changed = user;
    changed.status = status;
    return changed;
  };
  co_return co_await ChangeUser(std::move(context), std::move(user_id), std::move(change));
}

Task<Result<WriteOutcome>> UserService::AssignRole(WriteContext context, std::string user_id,
                                                   std::string role) {
  if (!roles_.MayGrant(role, context.call.caller.arn)) {
    co_return Error::Of(ErrorCode::kForbidden, "You may not assign this role.");
  }
  UserChange change;
  change.action = domain::action::kRoleAssigned;
  change.request_hash = RequestHash("role", role);
  change.apply = [role = std::move(role)](const domain::User& user) -> Result<domain::User> {
    domain::User changed = user;
    const auto at = std::lower_bound(changed.roles.begin(), changed.roles.end(), role);
    if (at != changed.roles.end() && *at == role) return changed;
    if (changed.roles.size() >= domain::kMaxRolesPerUser) {
      return Error::Validation("role", "the user has " + std::to_string(domain::kMaxRolesPerUser) +
                                           " roles already, which is the maximum");
    }
    changed.roles.insert(at, role);
    return changed;
  };
  co_return co_await ChangeUser(std::move(context), std::move(user_id), std::move(change));
}

Task<Result<WriteOutcome>> UserService::RemoveRole(WriteContext context, std::string user_id,
                                                   std::string role) {
  if (!roles_.MayGrant(role, context.call.caller.arn)) {
    co_return Error::Of(ErrorCode::kForbidden, "You may not remove this role.");
  }
  UserChange change;
  change.action = domain::action::kRoleRemoved;
  change.request_hash = RequestHash("role", role);
  change.apply = [role = std::move(role)](const domain::User& user) -> Result<domain::User> {
    if (!HasRole(user, role)) {
      return Error::Of(ErrorCode::kNotFound, "The user does not have this role.");
    }
    domain::User changed = user;
    std::erase(changed.roles, role);
    return changed;
  };
  co_return co_await ChangeUser(std::move(context), std::move(user_id), std::move(change));
}

}  // namespace users::service
