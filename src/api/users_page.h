#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/response.h"
#include "service/user_service.h"

// The parts that the operations on lists of users share. Thread-safe.
namespace users::api {

// Returns the id of the user after which a token continues, or nothing if the token is damaged or
// belongs to another scope.
std::optional<std::string> UserInToken(std::string_view token, std::string_view scope);

// Returns the response with a page, {users[], nextToken?}. The last page has no token.
Response UsersPage(const service::ListPage& page, std::string_view scope);

}  // namespace users::api
