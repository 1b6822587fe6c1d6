#pragma once

#include <string>
#include <string_view>

#include "api/response.h"
#include "base/result.h"
#include "domain/role_catalogue.h"
#include "domain/user.h"
#include "service/user_service.h"

// The JSON forms of users, with the members in the order of the contract. Thread-safe.
namespace users::api {

// Returns {userId, email, name, externalId?, userName?, status, roles[], permissions[], metadata{},
// version, createdAt, updatedAt}.
std::string UserJson(const domain::User& user, const domain::RoleCatalogue& roles);

// Returns the same with `at` and `catalogueVersion`. `permissions` and `catalogueVersion` are null if
// the catalogue of that time is not known.
std::string PastUserJson(const service::PastUser& past);

// Appends {userId, email, name, externalId?, userName?, status, roles, createdAt, version}.
void AppendSummary(std::string& out, const domain::UserSummary& user);

// Return the responses of the status and role operations, ready to be stored: {userId, status,
// version, updatedAt} and {userId, roles, version, updatedAt}.
service::StoredResponse StatusResponse(const domain::User& user);
service::StoredResponse RolesResponse(const domain::User& user);

// Returns the response to a write, which the service has stored now or earlier, or its error.
Result<Response> WriteResponse(Result<service::WriteOutcome> outcome);

}  // namespace users::api
