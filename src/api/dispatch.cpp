#include "api/operations.h"

namespace users::api {
namespace {

constexpr Handler* kHandlers[] = {
#define USERS_OPERATION(function, name, method, path, needs) function,
#include "api/operation_table.inc"
#undef USERS_OPERATION
};

}  // namespace

Task<Response> Dispatch(Operation operation, const Request& request, service::UserService& users) {
  auto result = co_await kHandlers[static_cast<std::size_t>(operation)](request, users);
  if (!result.ok()) co_return ErrorResponse(result.error());
  co_return std::move(*result);
}

}  // namespace users::api
