#include "api/input.h"
#include "api/operations.h"
#include "api/representation.h"

namespace users::api {

Task<Result<Response>> UsersProfileGet(const Request& request, service::UserService& users) {
  Input input = Input::WithoutBody(request);
  if (auto faults = input.Finish(); !faults.ok()) co_return std::move(faults.error());

  auto user = co_await users.GetUser(CallContextOf(request), request.user_id);
  if (!user.ok()) co_return std::move(user.error());
  Response response;
  response.body = UserJson(*user, users.roles());
  response.version = user->version;
  response.user_id = std::move(user->user_id);
  co_return response;
}

}  // namespace users::api
