#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "domain/caller.h"

namespace users::api {

struct QueryParameter {
  std::string name;
  std::string value;
  bool broken = false;  // its encoding is: a broken percent sign, or not UTF-8
};

// A request that has come through the front door: routed, authenticated and authorised. The server
// makes it from HTTP, a function from a proxy event. The views live as long as the request is
// handled.
struct Request {
  std::string_view path;  // as the caller sent it, for Location
  std::string user_id;    // from the path, decoded
  std::string role;       // from the path, decoded
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
};

// The most that a body may have; a longer one is answered with BodyTooLarge().
inline constexpr std::size_t kMaxBodyBytes = 64 << 10;
Error BodyTooLarge();

// Whether a caller may name its request so: `[A-Za-z0-9._:/=+@-]{1,128}`.
bool IsCorrelationId(std::string_view text);

// Splits and decodes a query as it stands in a URL. `+` is a plus.
std::vector<QueryParameter> ParseQuery(std::string_view query);

}  // namespace users::api
