#pragma once

#include <string>
#include <string_view>

#include "api/request.h"
#include "api/response.h"
#include "base/result.h"

// Requests and responses in the form of API Gateway's REST APIs (docs.aws.amazon.com, "Lambda proxy
// integrations", format 1.0). The functions are thread-safe.
namespace users::lambda_runtime {

// A request and the memory that its views point into. Not thread-safe.
struct ProxyCall {
  ProxyCall() = default;
  ProxyCall(const ProxyCall&) = delete;
  ProxyCall& operator=(const ProxyCall&) = delete;

  api::Request request;  // without deadline; no correlation id unless the caller sent one
  std::string path;
  std::string body;
};

// Fills `call` from the event, as completely as possible even if it fails, and makes the checks
// that API Gateway leaves to the function. The error is the response to the caller:
// - 401: the event names no caller (requestContext.identity.userArn, nothing else);
// - 413: the body is too large;
// - 400: the event is not a proxy event, the body is not in base 64 although the event says so, or
//   Idempotency-Key is repeated.
Result<Done, api::Response> ReadProxyEvent(std::string_view event, ProxyCall& call);

// Returns {"statusCode", "headers", "body", "isBase64Encoded"}.
std::string ProxyResponse(const api::Response& response, const std::string& correlation_id);

}  // namespace users::lambda_runtime
