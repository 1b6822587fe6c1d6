#include "api/input.h"
#include "api/operations.h"
#include "api/representation.h"

namespace users::api {

Task<Result<Response>> UsersRoleRemove(const Request& request, service::UserService& users) {
  Input input = Input::WithoutBody(request);
  auto context = input.WriteContextOf(Operation::kUsersRoleRemove, Input::KeyIn::kHeader);
  context.if_match = input.IfMatch();
  if (auto faults = input.Finish(); !faults.ok()) co_return std::move(faults.error());

  context.render = RolesResponse;
  auto outcome = co_await users.RemoveRole(std::move(context), request.user_id, request.role);
  co_return WriteResponse(std::move(outcome));
}

}  // namespace users::api
