#pragma once

#include <string>

#include "api/operation.h"
#include "api/operations.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/ulid.h"
#include "lambda_runtime/runtime_api.h"
#include "service/user_service.h"

namespace users::lambda_runtime {

// Handles the proxy events of one operation. It writes one line for each: the access log with the
// operation's metrics (requests, errors, latency, cold starts) in CloudWatch's embedded metric
// format. Not thread-safe.
class OperationHandler {
 public:
  // `function_name` is the dimension of the metrics. All references must outlive the handler.
  OperationHandler(std::string function_name, api::Operation operation, api::Handler& handler,
                   service::UserService& users, const Clock& clock, const Log& log)
      : function_name_(std::move(function_name)),
        operation_(operation),
        handler_(handler),
        users_(users),
        clock_(clock),
        log_(log),
        correlation_ids_(clock) {}

  // Handles one event. Never returns an error: in every case the response is one of the contract's.
  Task<Result<std::string>> Handle(const Invocation& invocation);

  // Returns the response for the caller of the last event if its own response cannot be delivered.
  std::string FailureResponse() const;

 private:
  Task<api::Response> Run(const api::Request& request);
  void Report(const api::Request& request, const api::Response& response,
              std::chrono::nanoseconds duration);

  const std::string function_name_;
  const api::Operation operation_;
  api::Handler& handler_;
  service::UserService& users_;
  const Clock& clock_;
  const Log& log_;
  UlidGenerator correlation_ids_;
  std::string last_correlation_id_;
  bool is_cold_ = true;  // until the first response
};

}  // namespace users::lambda_runtime
