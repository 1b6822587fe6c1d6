#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "base/task.h"
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

// The arguments of the service are classes with constructors and no aggregates, so that they may be
// temporaries in a co_await expression: see base/task.h.

// Who asks, and until when the answer is due.
struct CallContext {
  CallContext() = default;
  CallContext(domain::Caller caller, std::string correlation_id, Deadline deadline)
      : caller(std::move(caller)), correlation_id(std::move(correlation_id)), deadline(deadline) {}

  domain::Caller caller;
  std::string correlation_id;
  Deadline deadline;
};

// Renders the answer to a write from the state that it made.
using Renderer = std::function<StoredAnswer(const domain::User&)>;

// What all writes have in common.
struct WriteContext {
  WriteContext() = default;

  CallContext call;
  std::string operation;  // its name, which idempotency keys belong to
  std::optional<std::string> idempotency_key;
  std::optional<domain::IfMatch> if_match;
  Renderer render;
};

struct WriteOutcome {
  WriteOutcome() = default;
  WriteOutcome(std::string user_id, StoredAnswer answer, bool replayed)
      : user_id(std::move(user_id)), answer(std::move(answer)), replayed(replayed) {}

  std::string user_id;
  StoredAnswer answer;
  bool replayed = false;  // the stored first response to a request that was made before
};

struct NewUser {
  NewUser() = default;

  std::string email;
  std::string name;
  domain::Metadata metadata;
};

struct ProfileChange {
  ProfileChange() = default;

  std::optional<std::string> email;
  std::optional<std::string> name;
  std::optional<domain::Metadata> metadata;
};

struct ListQuery {
  ListQuery() = default;

  std::size_t limit = 50;
  std::optional<domain::UserStatus> status;  // none: all that are not deleted
  std::string after;                         // the last user of the page before
};

struct ListPage {
  std::vector<domain::UserSummary> users;
  bool more = false;
};

struct AuditQuery {
  AuditQuery() = default;

  std::size_t limit = 50;
  std::uint64_t after_version = 0;
  std::optional<Timestamp> from;  // inclusive
  std::optional<Timestamp> to;    // exclusive
  std::optional<std::string> action;
};

struct AuditPage {
  std::vector<domain::AuditEntry> entries;
  // The last version that was looked at, if there may be more beyond it.
  std::optional<std::uint64_t> continue_after;
};

struct UserServiceOptions {
  std::uint32_t list_shards = 1;
};

// The operations on users, as the contract describes them: order of judgement from the catalogue's
// rules on, idempotency, optimistic concurrency, the audit entry in the transaction of the change.
// Arguments have passed validation (api/). Thread-safe; holds no state but its parts.
class UserService {
 public:
  // All references outlive the service. `user_ids` decides the order of users in lists.
  UserService(storage::TableStore& store, const domain::RoleCatalogue& roles,
              UlidGenerator& user_ids, const Clock& clock, const Log& log,
              UserServiceOptions options = {});

  const domain::RoleCatalogue& roles() const { return roles_; }

  Task<Result<WriteOutcome>> Register(WriteContext context, NewUser user);
  Task<Result<WriteOutcome>> UpdateProfile(WriteContext context, std::string user_id,
                                           ProfileChange change);
  Task<Result<WriteOutcome>> SetStatus(WriteContext context, std::string user_id,
                                       domain::UserStatus status);
  Task<Result<WriteOutcome>> AssignRole(WriteContext context, std::string user_id,
                                        std::string role);
  Task<Result<WriteOutcome>> RemoveRole(WriteContext context, std::string user_id,
                                        std::string role);

  // A deleted user is not found.
  Task<Result<domain::User>> GetUser(CallContext context, std::string user_id);
  Task<Result<ListPage>> ListUsers(CallContext context, ListQuery query);
  // At most one user. The status filters as in a list.
  Task<Result<ListPage>> FindByEmail(CallContext context, std::string email,
                                     std::optional<domain::UserStatus> status);
  // Deleted users have audit logs too.
  Task<Result<AuditPage>> QueryAudit(CallContext context, std::string user_id, AuditQuery query);

 private:
  // What a change of one user is: how it is called in the audit log, what its request says (for
  // recognising a repeated one) and what becomes of the user. `apply` may refuse; what returns the
  // user as it was is a no-op. Unless `sees_deleted`, a deleted user is not found.
  struct UserChange {
    UserChange() = default;

    std::string_view action;
    Sha256Digest request_hash{};
    bool sees_deleted = false;
    std::function<Result<domain::User>(const domain::User&)> apply;
  };
  Task<Result<WriteOutcome>> ChangeUser(WriteContext context, std::string user_id,
                                        UserChange change);

  // The steps of a write; see write_path.cpp.
  struct Snapshot;
  struct CommitResult;
  Task<Result<Snapshot>> ReadUser(const WriteContext& context, const std::string& user_id,
                                  bool with_record);
  Task<Result<CommitResult>> Commit(const WriteContext& context, const std::string& target,
                                    const Sha256Digest& request_hash, Change change,
                                    StoredAnswer answer);
  domain::AuditEntry MakeEntry(const WriteContext& context, std::string_view action,
                               const domain::User* before, const domain::User& after,
                               const Sha256Digest& prev_hash);

  storage::TableStore& store_;
  const domain::RoleCatalogue& roles_;
  UlidGenerator& user_ids_;
  const Clock& clock_;
  const Log& log_;
  const UserServiceOptions options_;
};

}  // namespace users::service
