#include <array>

#include "api/operations.h"

namespace users::api {
namespace {

using Handler = Task<Result<Response>> (*)(const Request&, service::UserService&);

// In the order of the enumeration.
constexpr std::array<Handler, kOperationCount> kHandlers = {
    UsersRegisterCreate, UsersProfileGet, UsersProfileUpdate, UsersStatusUpdate,
    UsersRoleAssign,     UsersRoleRemove, UsersListQuery,     UsersAuditQuery,
};

}  // namespace

Task<Response> Dispatch(Operation operation, const Request& request, service::UserService& users) {
  auto result = co_await kHandlers[static_cast<std::size_t>(operation)](request, users);
  if (!result.ok()) co_return ErrorResponse(result.error());
  co_return std::move(*result);
}

}  // namespace users::api
