#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/async/task.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "base/ulid.h"
#include "domain/audit_entry.h"
#include "domain/caller.h"
#include "domain/if_match.h"
#include "domain/role_catalogue.h"
#include "domain/user.h"
#include "service/idempotency.h"
#include "service/user_records.h"
#include "storage/table_store.h"

namespace users::service {

// The arguments of the service are classes with constructors, not aggregates, so that they may be
// temporaries in a co_await expression (see base/async/task.h).

// The caller of a request, and the time by which the response is due.
struct CallContext {
  CallContext() = default;
  CallContext(domain::Caller caller, std::string correlation_id, Deadline deadline)
      : caller(std::move(caller)), correlation_id(std::move(correlation_id)), deadline(deadline) {}

  domain::Caller caller;
  std::string correlation_id;
  Deadline deadline;
};

// Renders the response to a write from the user as the write left it.
using Renderer = std::function<StoredResponse(const domain::User&)>;

// The arguments that all writes share.
struct WriteContext {
  WriteContext() = default;

  CallContext call;
  std::string operation;  // its name; idempotency keys are scoped by it
  std::optional<std::string> idempotency_key;
  std::optional<std::string> reason;  // of the audit entry; not a part of the idempotent request
  std::optional<domain::IfMatch> if_match;
  Renderer render;
};

// The result of a write that did not fail.
struct WriteOutcome {
  WriteOutcome() = default;
  WriteOutcome(std::string user_id, StoredResponse response, bool replayed)
      : user_id(std::move(user_id)), response(std::move(response)), replayed(replayed) {}

  std::string user_id;
  StoredResponse response;
  bool replayed = false;  // `response` is the stored one to an earlier identical request
};

// The arguments of Register.
struct NewUser {
  NewUser() = default;

  std::string email;
  std::string name;
  std::optional<std::string> external_id;
  std::optional<std::string> user_name;
  domain::Metadata metadata;
};

// A change of a handle that a user may lack: absent leaves it as it is, an absent value removes it.
using HandleChange = std::optional<std::optional<std::string>>;

// The arguments of UpdateProfile. An absent member leaves the field as it is. At most one of the two
// members about metadata may be present.
struct ProfileChange {
  ProfileChange() = default;

  std::optional<std::string> email;
  std::optional<std::string> name;
  HandleChange external_id;
  HandleChange user_name;
  std::optional<domain::Metadata> metadata;  // the whole map
  std::optional<domain::MetadataChanges> metadata_changes;
};

// The arguments of ListUsers.
struct ListQuery {
  ListQuery() = default;

  std::size_t limit = 50;
  ListFilter filter;
  std::string after;  // the last user of the previous page
};

// A page of users, in ascending order of their ids. It may have fewer users than the limit, or none,
// even if `continue_after` is set.
struct ListPage {
  std::vector<domain::UserSummary> users;
  // The last user that was examined, if later ones may follow.
  std::optional<std::string> continue_after;
};

// The arguments of QueryAudit.
struct AuditQuery {
  AuditQuery() = default;

  std::size_t limit = 50;
  std::uint64_t after_version = 0;
  std::optional<Timestamp> from;  // inclusive
  std::optional<Timestamp> to;    // exclusive
  std::optional<std::string> action;
};

// A page of audit entries, oldest first. It may have fewer entries than the limit, or none, even if
// `continue_after` is set.
struct AuditPage {
  std::vector<domain::AuditEntry> entries;
  // The last version that was examined, if later ones may exist.
  std::optional<std::uint64_t> continue_after;
};

// The options of the service.
struct UserServiceOptions {
  std::uint32_t list_shards = 1;
  // False while users of an earlier version may lack items. Null: no user does. The flag must
  // outlive the service.
  const std::atomic<bool>* has_all_items = nullptr;
};

// The operations on users, as the contract describes them. The service owns the order of checks
// from the catalogue's rules on, idempotency, optimistic concurrency, and the audit entry in the
// transaction of the change.
//
// Arguments must have passed validation (api/). Thread-safe: any number of calls may run at once.
// The service holds no state except its references.
//
// Every method may fail with these errors, besides its own:
// - kUnavailable: the store cannot be reached or is overloaded, the deadline has passed, or an item
//   has a format that is newer than this program. A write may have happened; a retry with the same
//   idempotency key is safe.
// - kInternal: a stored item is broken or contradicts another one, or the store was misused.
//
// Every write may also fail with kConflict (kIdempotencyKeyReused) if its idempotency key was used
// for a different request. If the key was used for an identical request, the write changes nothing
// and returns the stored response with `replayed` set, even if If-Match or the user's state would
// reject the request now.
class UserService {
 public:
  // All references must outlive the service. `user_ids` decides the order of users in lists.
  UserService(storage::TableStore& store, const domain::RoleCatalogue& roles,
              UlidGenerator& user_ids, const Clock& clock, const Log& log,
              UserServiceOptions options = {});

  // Returns the same service with another catalogue, which must outlive it.
  UserService WithRoles(const domain::RoleCatalogue& roles) const {
    return UserService(store_, roles, user_ids_, clock_, log_, options_);
  }

  // The catalogue that the service was constructed with.
  const domain::RoleCatalogue& roles() const { return roles_; }

  // Creates a user and its first audit entry. Fails with kConflict (kEmailInUse, kExternalIdInUse or
  // kUserNameInUse, in this order) if another user that is not deleted has the handle.
  Task<Result<WriteOutcome>> Register(WriteContext context, NewUser user);

  // Changes the fields that are given. Returns the unchanged user if nothing
  // differs, without a new version. Fails with
  // - kValidation: the metadata would exceed its limits after `metadata_changes`;
  // - kNotFound: there is no such user, or it is deleted;
  // - kPreconditionFailed: If-Match does not admit the user's version (`current_version` is set);
  // - kConflict, as above: another user that is not deleted has a new handle.
  Task<Result<WriteOutcome>> UpdateProfile(WriteContext context, std::string user_id,
                                           ProfileChange change);

  // Sets the status. Setting the current status is a no-op. Fails with
  // - kForbidden: the status is `deleted` and the catalogue does not let the caller delete users;
  // - kNotFound: there is no such user;
  // - kPreconditionFailed: as above;
  // - kConflict (kUserDeleted): the user is deleted and the new status is not `deleted`.
  Task<Result<WriteOutcome>> SetStatus(WriteContext context, std::string user_id,
                                       domain::UserStatus status);

  // Assigns a role. Assigning a role that the user has is a no-op. Fails with
  // - kForbidden: the catalogue does not let the caller grant the role;
  // - kNotFound: there is no such user, or it is deleted;
  // - kPreconditionFailed: as above;
  // - kValidation: the user has the maximum number of roles.
  Task<Result<WriteOutcome>> AssignRole(WriteContext context, std::string user_id,
                                        std::string role);

  // Removes a role. Fails with
  // - kForbidden: the catalogue does not let the caller grant the role;
  // - kNotFound: there is no such user, it is deleted, or it does not have the role;
  // - kPreconditionFailed: as above.
  Task<Result<WriteOutcome>> RemoveRole(WriteContext context, std::string user_id,
                                        std::string role);

  // Returns a user. Fails with kNotFound if there is no such user or it is deleted.
  Task<Result<domain::User>> GetUser(CallContext context, std::string user_id);

  // Returns a page of users. An empty page is not an error. Fails with kUnavailable if the filter has
  // a role or the status `deleted` while users may lack the items for it.
  Task<Result<ListPage>> ListUsers(CallContext context, ListQuery query);

  // Returns a page with the user that has the handle, or an empty page if there is none or its
  // status is not `status`. Fails with kUnavailable if the handle kept moving between users until
  // the deadline.
  Task<Result<ListPage>> FindByHandle(CallContext context, domain::HandleKind kind,
                                      std::string handle, std::optional<domain::UserStatus> status);

  // Returns a page of a user's audit entries. Deleted users have audit logs too. Fails with
  // kNotFound if there is no such user.
  Task<Result<AuditPage>> QueryAudit(CallContext context, std::string user_id, AuditQuery query);

 private:
  // A change of one user: its action in the audit log, the hash of its request (to recognise an
  // identical request) and the function that computes the new state. `apply` may reject the change
  // with an error; if it returns the user unchanged, the change is a no-op. Unless `sees_deleted`
  // is set, a deleted user is not found.
  struct UserChange {
    UserChange() = default;

    std::string_view action;
    Sha256Digest request_hash{};
    bool sees_deleted = false;
    std::function<Result<domain::User>(const domain::User&)> apply;
  };
  Task<Result<WriteOutcome>> ChangeUser(WriteContext context, std::string user_id,
                                        UserChange change);

  Task<Result<ListPage>> ListHolders(CallContext context, ListQuery query);

  // The steps of a write; see write_path.cpp.
  struct Snapshot;
  struct CommitResult;
  struct PendingResponse;
  Task<Result<Snapshot>> ReadUser(const WriteContext& context, const std::string& user_id,
                                  bool with_record);
  PendingResponse MakeResponse(const WriteContext& context, const std::string& target,
                               const Sha256Digest& request_hash, const domain::User& after);
  domain::AuditEntry MakeEntry(const WriteContext& context, std::string_view action,
                               const domain::User* before, const domain::User& after,
                               const domain::Salt& salt, const Sha256Digest& prev_hash);
  Task<Result<CommitResult>> Commit(const WriteContext& context, const std::string& target,
                                    Change change, PendingResponse response);

  storage::TableStore& store_;
  const domain::RoleCatalogue& roles_;
  UlidGenerator& user_ids_;
  const Clock& clock_;
  const Log& log_;
  const UserServiceOptions options_;
};

}  // namespace users::service
