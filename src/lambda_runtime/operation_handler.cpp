#include "lambda_runtime/operation_handler.h"

#include <algorithm>
#include <exception>

#include "api/access_log.h"
#include "api/response.h"
#include "lambda_runtime/metrics.h"
#include "lambda_runtime/proxy_event.h"

namespace users::lambda_runtime {
namespace {

// The same as on the server. API Gateway waits for 29 seconds.
constexpr std::chrono::milliseconds kRequestTime{10'000};

}  // namespace

Task<Result<std::string>> OperationHandler::Handle(const Invocation& invocation) {
  const auto begin = std::chrono::steady_clock::now();
  ProxyCall call;
  auto read = ReadProxyEvent(invocation.event, call);
  api::Request& request = call.request;
  if (request.correlation_id.empty()) request.correlation_id = correlation_ids_.Next().ToString();
  request.deadline = std::min(begin + kRequestTime, invocation.work_deadline());

  api::Response response;
  if (read.ok()) {
    response = co_await Run(request);
  } else {
    response = std::move(read.error());
  }
  Report(request, response, std::chrono::steady_clock::now() - begin);
  last_correlation_id_ = request.correlation_id;
  co_return ProxyResponse(response, request.correlation_id);
}

// An exception from a library fails only this request.
Task<api::Response> OperationHandler::Run(const api::Request& request) {
  try {
    auto result = co_await handler_(request, users_);
    if (!result.ok()) co_return api::ErrorResponse(result.error());
    co_return std::move(*result);
  } catch (const std::exception& thrown) {
    log_.Error("operation_threw").Text("reason", thrown.what());
  }
  co_return api::ErrorResponse(Error::Internal());
}

void OperationHandler::Report(const api::Request& request, const api::Response& response,
                              std::chrono::nanoseconds duration) {
  auto line = log_.Info("request");
  api::DescribeRequest(line, operation_, request, response, duration);
  EmbeddedMetrics metrics(line, function_name_, clock_.Now());
  metrics.Count("Requests", 1);
  metrics.Count("Errors", response.status >= 500 ? 1 : 0);
  metrics.Milliseconds("Latency", duration);
  metrics.Count("ColdStart", is_cold_ ? 1 : 0);
  is_cold_ = false;
}

std::string OperationHandler::FailureResponse() const {
  return ProxyResponse(api::ErrorResponse(Error::Internal()), last_correlation_id_);
}

}  // namespace users::lambda_runtime
