#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace users::api {

// A response in the terms of the contract. The server and the function runtime turn it into headers
// with ForEachHeader.
struct Response {
  int status = 200;
  std::string body;                      // JSON
  std::optional<std::uint64_t> version;  // ETag
  std::string location;
  std::string allow;
  std::optional<std::chrono::seconds> retry_after;
  bool replayed = false;
  std::string_view error_code;  // "VALIDATION_ERROR", ...; empty on success
  std::string user_id;          // the user of the request, for the log; empty if there is none
  std::optional<std::size_t> users_shown;  // the number of users in a list or batch, for the log
};

// Returns the response for an error. Only this function maps errors to HTTP.
Response ErrorResponse(const Error& error);

// The responses to faults of the HTTP request itself, which are no errors of the domain.
Response MethodNotAllowed(std::string allow);              // 405, with the header Allow
Response BodyTooLarge();                                   // 413
Response UnsupportedMediaType(std::string_view message);   // 415
Response Throttled(std::chrono::nanoseconds retry_after);  // 429, rounded up to whole seconds
Response HeadersTooLarge();                                // 431

// The Cache-Control header of every response. A proxy that compressed a response would make its
// entity tag weak.
inline constexpr std::string_view kCacheControl = "no-store, no-transform";

// Calls `add(name, value)` with views for each header of the response except those that frame it.
template <class Add>
void ForEachHeader(const Response& response, const std::string& correlation_id, Add add) {
  add("Content-Type", "application/json");
  add("Cache-Control", kCacheControl);
  add("X-Correlation-Id", correlation_id);
  if (response.version) add("ETag", "\"" + std::to_string(*response.version) + "\"");
  if (!response.location.empty()) add("Location", response.location);
  if (!response.allow.empty()) add("Allow", response.allow);
  if (response.retry_after) add("Retry-After", std::to_string(response.retry_after->count()));
  if (response.replayed) add("Idempotency-Replayed", "true");
  if (response.status == 401) add("WWW-Authenticate", "AWS4-HMAC-SHA256");
}

}  // namespace users::api
