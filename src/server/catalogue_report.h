#pragma once

#include "base/async/task.h"
#include "base/log.h"
#include "server/role_store.h"
#include "service/user_service.h"

namespace users::server {

// Warns an operator who forgot --roles, or a role in the file. For each catalogue that takes
// effect, it reads all users that are not deleted, a page at a time with pauses between the pages.
// If some hold roles that the catalogue lacks, it writes one warning, unknown_roles_held, with the
// names of the roles (the first 20) and the number of users. It never returns. The parameters must
// outlive it.
Task<void> ReportUnknownRoles(service::UserService& users, const RoleStore& roles, const Log& log);

}  // namespace users::server
