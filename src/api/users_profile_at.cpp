#include <algorithm>

#include "api/input.h"
#include "api/operations.h"
#include "api/representation.h"

namespace users::api {
namespace {

// Reads the time in the path, rounded down to a millisecond: a change within that millisecond and
// after the time does not count. Records a fault if it is not an RFC 3339 time.
Timestamp ReadTime(const std::string& text, json::FieldErrors& errors) {
  const auto time = ParseTimestamp(text);
  if (!time) {
    errors.Add("time", "must be an RFC 3339 time, such as 2026-01-31T00:00:00Z");
    return Timestamp();
  }
  // The parser rounds up.
  const bool is_rounded = !IsWritable(*time) || IsLater(FormatTimestamp(*time), text);
  return is_rounded ? *time - std::chrono::milliseconds(1) : *time;
}

}  // namespace

Task<Result<Response>> UsersProfileAt(const Request& request, service::UserService& users) {
  Input input = Input::WithoutBody(request);
  const Timestamp at = ReadTime(request.time, input.errors());
  if (auto faults = input.Finish(); !faults.ok()) co_return std::move(faults.error());
  const auto past = co_await users.GetUserAt(ReadContextOf(request), request.user_id, at);
  if (!past.ok()) co_return past.error();
  Response response;
  response.body = PastUserJson(*past);
  response.version = past->user.version;
  response.user_id = past->user.user_id;
  co_return response;
}

}  // namespace users::api
