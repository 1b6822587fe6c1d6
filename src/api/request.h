#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "domain/caller.h"

namespace users::api {

// One parameter of a query, decoded.
struct QueryParameter {
  std::string name;
  std::string value;
  bool broken = false;  // a broken percent sign, or not UTF-8
};

// The wait of a request for something that has not happened yet. The time limit of the response
// stops while the wait lasts. For the request's thread only.
class RequestWait {
 public:
  virtual ~RequestWait() = default;
  // The wait begins and ends at `until`. Calls `end` if it must end earlier, because the server
  // stops or the client has gone.
  virtual void Begin(Deadline until, std::function<void()> end) = 0;
  // The wait is over. Sets a new deadline of the request. Returns false if the caller may have lost
  // its permission meanwhile: then the response must show nothing that happened during the wait.
  virtual bool End() = 0;
};

// A request that has been routed, authenticated and authorised. The server builds it from HTTP, a
// function from a proxy event. The views are valid while the request is handled.
struct Request {
  std::string_view path;  // as the caller sent it, for Location
  std::string user_id;    // from the path, decoded
  std::string role;       // from the path, decoded
  std::string time;       // from the path, decoded
  std::vector<QueryParameter> query;
  std::string_view body;
  std::optional<std::string> content_type;
  std::optional<std::string> content_encoding;
  std::optional<std::string> if_match;
  std::optional<std::string> idempotency_key;
  std::vector<std::string> audit_reasons;  // every X-Audit-Reason, as sent
  domain::Caller caller;
  std::string client_address;  // an IP address without port; empty if unknown
  std::string correlation_id;
  Deadline deadline;
  RequestWait* wait = nullptr;  // null: the request cannot wait
};

// The max size of a body. A longer one is rejected with BodyTooLarge() (api/response.h).
inline constexpr std::size_t kMaxBodyBytes = 64 << 10;

// Returns whether a caller may use the text as a correlation id: `[A-Za-z0-9._:/=+@-]{1,128}`.
bool IsCorrelationId(std::string_view text);

// Splits and decodes the query of a URL. `+` is a plus sign.
std::vector<QueryParameter> ParseQuery(std::string_view query);

}  // namespace users::api
