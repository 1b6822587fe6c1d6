#include "api/input.h"
#include "api/operations.h"
#include "api/representation.h"

namespace users::api {
namespace {

// Outside the coroutine, because everything named in its body enlarges its frame, and asio recycles
// only small ones.
Status CheckInput(const Request& request) {
  return Input::WithoutBody(request).Finish();
}

Response Render(domain::User user, const domain::RoleCatalogue& roles) {
  Response response;
  response.body = UserJson(user, roles);
  response.version = user.version;
  response.user_id = std::move(user.user_id);
  return response;
}

}  // namespace

Task<Result<Response>> UsersProfileGet(const Request& request, service::UserService& users) {
  if (auto faults = CheckInput(request); !faults.ok()) co_return std::move(faults.error());
  auto user = co_await users.GetUser(ReadContextOf(request), request.user_id);
  if (!user.ok()) co_return std::move(user.error());
  co_return Render(std::move(*user), users.roles());
}

}  // namespace users::api
