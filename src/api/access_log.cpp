#include "api/access_log.h"

#include "base/ulid.h"

namespace users::api {

void DescribeRequest(Log::Line& line, std::optional<Operation> operation, const Request& request,
                     const Response& response, std::chrono::nanoseconds duration) {
  line.Text("operation", operation ? NameOf(*operation) : "none");
  line.Number("status", response.status);
  if (!response.error_code.empty()) line.Text("code", response.error_code);
  if (!request.caller.arn.empty()) {
    line.Text("principal", request.caller.arn);
    line.Text("accessKeyId", request.caller.access_key_id);
  }
  if (!request.client_address.empty()) line.Text("clientAddress", request.client_address);
  if (!response.user_id.empty()) {
    line.Text("userId", response.user_id);
  } else if (ParseUlid(request.user_id)) {
    line.Text("userId", request.user_id);
  }
  if (response.replayed) line.Bool("replayed", true);
  line.Text("correlationId", request.correlation_id);
  line.Number("microseconds",
              std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
}

}  // namespace users::api
