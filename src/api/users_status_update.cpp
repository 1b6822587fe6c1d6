#include "api/input.h"
#include "api/operations.h"
#include "api/representation.h"

namespace users::api {

Task<Result<Response>> UsersStatusUpdate(const Request& request, service::UserService& users) {
  auto input = Input::WithBody(request);
  if (!input.ok()) co_return std::move(input.error());

  auto context = input->WriteContextOf(Operation::kUsersStatusUpdate, Input::KeyIn::kHeader);
  context.if_match = input->IfMatch();
  std::optional<domain::UserStatus> status;
  if (const auto name = input->body().String("status", json::Presence::kRequired)) {
    status = domain::ParseUserStatus(*name);
    if (!status) input->errors().Add("status", "must be active, disabled or deleted");
  }
  if (auto faults = input->Finish(); !faults.ok()) co_return std::move(faults.error());

  context.render = StatusResponse;
  auto outcome = co_await users.SetStatus(std::move(context), request.user_id, *status);
  co_return WriteResponse(std::move(outcome));
}

}  // namespace users::api
