#pragma once

#include <string>
#include <string_view>

#include "api/request.h"
#include "api/response.h"
#include "base/result.h"

// Requests and answers as API Gateway's REST APIs hand them to functions (docs.aws.amazon.com,
// "Lambda proxy integrations", format 1.0).
namespace users::lambda_runtime {

// A request and the memory that its views point into.
struct ProxyCall {
  ProxyCall() = default;
  ProxyCall(const ProxyCall&) = delete;
  ProxyCall& operator=(const ProxyCall&) = delete;

  api::Request request;  // without deadline; its correlation id is empty unless the caller sent one
  std::string path;
  std::string body;
};

// Fills in `call` as far as the event goes, and judges what API Gateway leaves to the function:
// that there is a caller (401), that the body is not too large (413) and is what it says (400). The
// caller is requestContext.identity.userArn and nothing else. The error is the answer to the
// caller.
Status ReadProxyEvent(std::string_view event, ProxyCall& call);

// {"statusCode", "headers", "body", "isBase64Encoded"}
std::string ProxyAnswer(const api::Response& response, const std::string& correlation_id);

}  // namespace users::lambda_runtime
