#pragma once

#include <cstdint>
#include <string>

#include "base/async/task.h"
#include "base/clock.h"
#include "base/log.h"
#include "domain/subject_state.h"
#include "server/principal_store.h"
#include "server/role_store.h"
#include "service/user_service.h"

namespace users::server {

// Returns the state of the principals as the audit trail records it: one key for each ARN, with the
// ids, status and expiry of its access keys, and a hash of its policy. It has no secret and no
// session token. Thread-safe.
domain::SubjectState StateOf(const Principals& principals);

// Records the role catalogue and the principals in force in the audit trail whenever they differ
// from the last ones that the directory knows (service/subject_history.h). It never delays a reload.
// The log events are `history_recorded`, with the subject and its version, and
// `history_not_recorded`, after which it tries again. Call its methods one after another.
class ConfigurationHistory {
 public:
  // All references must outlive this.
  ConfigurationHistory(service::UserService& users, const RoleStore& roles,
                       const PrincipalStore& principals, const Clock& clock, const Log& log)
      : users_(users), roles_(roles), principals_(principals), clock_(clock), log_(log) {}

  // Records what is in force now. Returns whether everything is recorded.
  Task<bool> Record(Deadline deadline);

  // Records every change from now on, and what Record could not record. Never returns.
  Task<void> Follow();

 private:
  // The generation that was recorded last, and the one that is to be recorded.
  struct Progress {
    std::uint64_t recorded = 0;
    std::uint64_t noticed = 0;
    Timestamp since;  // when `noticed` was noticed
    std::uint64_t version = 0;
  };
  template <class Value>
  Task<bool> RecordOne(std::string subject, const WatchedFiles<Value>& files, Progress& progress,
                       Deadline deadline);

  service::UserService& users_;
  const RoleStore& roles_;
  const PrincipalStore& principals_;
  const Clock& clock_;
  const Log& log_;
  Progress catalogue_progress_;
  Progress principals_progress_;
};

}  // namespace users::server
