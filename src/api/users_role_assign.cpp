#include "api/input.h"
#include "api/operations.h"
#include "api/representation.h"

namespace users::api {

Task<Result<Response>> UsersRoleAssign(const Request& request, service::UserService& users) {
  auto input = Input::WithBody(request);
  if (!input.ok()) co_return std::move(input.error());

  auto context = input->WriteContextOf(Operation::kUsersRoleAssign, Input::KeyIn::kHeader);
  context.if_match = input->IfMatch();
  std::string role;
  if (const auto name = input->body().String("role", json::Presence::kRequired)) {
    role = *name;
    if (users.roles().Find(role) == nullptr) {
      input->errors().Add("role", "is not a role of the catalogue");
    }
  }
  if (auto faults = input->Finish(); !faults.ok()) co_return std::move(faults.error());

  context.render = RolesResponse;
  auto outcome = co_await users.AssignRole(std::move(context), request.user_id, std::move(role));
  co_return WriteResponse(std::move(outcome));
}

}  // namespace users::api
