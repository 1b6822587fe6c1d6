#include "api/input.h"
#include "api/operations.h"
#include "api/representation.h"

namespace users::api {

Task<Result<Response>> UsersStatusUpdate(const Request& request, service::UserService& users) {
  auto input = Input::WithBody(request);
  if (!input.ok()) co_return std::move(input.error());

  service::WriteContext context;
  context.idempotency_key = input->IdempotencyKeyFromHeader();
  context.if_match = input->IfMatch();
  std::optional<domain::UserStatus> status;
  if (const auto name = input->body().String("status", json::Presence::kRequired)) {
    status = domain::ParseUserStatus(*name);
    if (!status) input->errors().Add("status", "must be active, disabled or deleted");
  }
  if (auto faults = input->Finish(); !faults.ok()) co_return std::move(faults.error());

  context.call = CallContextOf(request);
  context.operation = NameOf(Operation::kUsersStatusUpdate);
  context.render = StatusAnswer;
  auto outcome = co_await users.SetStatus(std::move(context), request.user_id, *status);
  if (!outcome.ok()) co_return std::move(outcome.error());
  co_return WriteResponse(std::move(*outcome), request.user_id);
}

}  // namespace users::api
