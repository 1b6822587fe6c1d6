#include "api/input.h"
#include "api/operations.h"
#include "api/representation.h"

namespace users::api {

Task<Result<Response>> UsersRoleRemove(const Request& request, service::UserService& users) {
  Input input = Input::WithoutBody(request);
  service::WriteContext context;
  context.idempotency_key = input.IdempotencyKeyFromHeader();
  context.if_match = input.IfMatch();
  if (auto faults = input.Finish(); !faults.ok()) co_return std::move(faults.error());

  context.call = CallContextOf(request);
  context.operation = NameOf(Operation::kUsersRoleRemove);
  context.render = RolesAnswer;
  auto outcome = co_await users.RemoveRole(std::move(context), request.user_id, request.role);
  if (!outcome.ok()) co_return std::move(outcome.error());
  co_return WriteResponse(std::move(*outcome), request.user_id);
}

}  // namespace users::api
