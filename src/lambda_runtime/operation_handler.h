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

// Answers the proxy events of one operation, and writes one line for each: the access log, and the
// operation's metrics in CloudWatch's embedded metric format (requests, errors, latency, cold
// starts). For one thread.
class OperationHandler {
 public:
  // `function_name` is that of the metrics. All references outlive the handler.
  OperationHandler(std::string function_name, api::Operation operation, api::Handler& handler,
                   service::UserService& users, const Clock& clock, const Log& log)
      : function_name_(std::move(function_name)),
        operation_(operation),
        handler_(handler),
        users_(users),
        clock_(clock),
        log_(log),
        correlation_ids_(clock) {}

  // Never an error: whatever happens, the caller gets an answer of the contract.
  Task<Result<std::string>> Handle(const Invocation& invocation);

  // For the caller of the last event, where the answer that was made cannot be delivered.
  std::string FailureAnswer() const;

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
  bool is_cold_ = true;  // until the first answer
};

}  // namespace users::lambda_runtime
