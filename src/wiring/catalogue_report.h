#pragma once

#include <functional>
#include <string_view>

#include "base/log.h"
#include "base/task.h"
#include "domain/role_catalogue.h"
#include "service/user_service.h"

// What the log says about the role catalogue, for an operator who has forgotten --roles.
namespace users::wiring {

// Reads all users that are not deleted, a page at a time with pauses between them. If some hold
// roles that `is_known` does not know, it writes one warning, unknown_roles_held, with the names of
// the roles (the first 20) and the number of users. The parameters live until it returns.
Task<void> ReportUnknownRoles(service::UserService& users,
                              const std::function<bool(std::string_view)>& is_known,
                              const Log& log);

}  // namespace users::wiring
