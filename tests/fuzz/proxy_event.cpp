// Events of API Gateway (lambda_runtime/proxy_event.h). The input is an event.
#include "lambda_runtime/proxy_event.h"

#include <algorithm>
#include <boost/json/parse.hpp>

#include "base/json/json.h"
#include "base/text/text.h"
#include "fuzz.h"

namespace users::fuzz {
namespace {

namespace bj = boost::json;

// Returns the caller that the event names, found by another parser, or an empty string.
std::string CallerOf(const bj::value& event) {
  const bj::value* at = &event;
  for (const char* name : {"requestContext", "identity", "userArn"}) {
    const bj::object* object = at->if_object();
    at = object == nullptr ? nullptr : object->if_contains(name);
    if (at == nullptr) return "";
  }
  const bj::string* arn = at->if_string();
  return arn == nullptr ? "" : std::string(*arn);
}

void CheckResponse(const api::Response& response, const std::string& correlation_id) {
  bj::error_code error;
  const bj::value reply = bj::parse(lambda_runtime::ProxyResponse(response, correlation_id), error);
  PROMISE(!error && reply.as_object().size() == 4);
  PROMISE(reply.at("statusCode").as_int64() == response.status);
  PROMISE(reply.at("body").as_string() == response.body);
  PROMISE(reply.at("isBase64Encoded") == false);
  PROMISE(reply.at("headers").at("X-Correlation-Id").as_string() == correlation_id);
}

void Test(std::string_view input) {
  lambda_runtime::ProxyCall call;
  const auto read = lambda_runtime::ReadProxyEvent(input, call);
  const api::Request& request = call.request;
  PROMISE(request.correlation_id.empty() || api::IsCorrelationId(request.correlation_id));

  bj::error_code error;
  const bj::value event = bj::parse(input, error);
  const std::string caller = error ? "" : CallerOf(event);
  PROMISE(request.caller.arn.empty() || request.caller.arn == caller);
  if (!read.ok()) {
    const int status = read.error().status;
    PROMISE(status == 400 || status == 401 || status == 413);
    PROMISE(status != 401 || caller.empty());
    CheckResponse(read.error(), request.correlation_id);
    return;
  }
  PROMISE(!error && !caller.empty() && request.caller.arn == caller);
  PROMISE(request.body == call.body && request.body.size() <= 64 << 10);
  PROMISE(request.path == call.path && IsValidUtf8(call.path));
  PROMISE(IsValidUtf8(request.user_id) && IsValidUtf8(request.role));
  PROMISE(std::none_of(request.query.begin(), request.query.end(),
                       [](const api::QueryParameter& parameter) { return parameter.broken; }));
  api::Response response;
  response.body = request.user_id;
  response.location = request.path;
  CheckResponse(response, request.correlation_id);
}

}  // namespace
}  // namespace users::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  users::fuzz::Test(users::fuzz::AsInput(data, size));
  return 0;
}
