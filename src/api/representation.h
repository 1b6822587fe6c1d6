#pragma once

#include <string>

#include "api/response.h"
#include "base/result.h"
#include "domain/role_catalogue.h"
#include "domain/user.h"
#include "service/user_service.h"

// How users look in JSON, member by member as the contract lists them.
namespace users::api {

// {userId, email, name, status, roles[], permissions[], metadata{}, version, createdAt, updatedAt}
std::string UserJson(const domain::User& user, const domain::RoleCatalogue& roles);

// {userId, email, name, status, roles, createdAt, version}
void AppendSummary(std::string& out, const domain::UserSummary& user);

// The answers of the status and of the role operations, ready to be stored:
// {userId, status, version, updatedAt} and {userId, roles, version, updatedAt}.
service::StoredResponse StatusResponse(const domain::User& user);
service::StoredResponse RolesResponse(const domain::User& user);

// The response to a write: the one that the service stored, now or earlier, or its error.
Result<Response> WriteResponse(Result<service::WriteOutcome> outcome);

}  // namespace users::api
