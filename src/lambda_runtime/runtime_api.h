#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/async/task.h"
#include "base/clock.h"
#include "base/result.h"
#include "lambda_runtime/trace_header.h"
#include "net/http_client.h"

// AWS Lambda's runtime interface (docs.aws.amazon.com, "Using the Lambda runtime API for custom
// runtimes", version 2018-06-01).
namespace users::lambda_runtime {

// One event to handle.
struct Invocation {
  // The deadline for the work. The remaining time is for the response that reports a time-out.
  Deadline work_deadline() const { return deadline - std::chrono::milliseconds(250); }

  std::string request_id;
  Deadline deadline;  // the time at which Lambda ends the invocation
  TraceHeader trace;  // empty if there is none
  std::string event;  // JSON, not parsed yet
};

// The result of delivering a response.
enum class Delivery {
  kAccepted,
  kTooLarge,  // over 6 MB; the invocation still waits for another response
  kRejected,  // the invocation is over already, or the response was invalid
};

// A client of the interface. Not thread-safe. Errors are kUnavailable: the interface cannot be
// reached, or it ends this execution environment. The process exits then.
class RuntimeApi {
 public:
  // Parses AWS_LAMBDA_RUNTIME_API: HOST:PORT. Fails with kValidation.
  static Result<net::Url> ParseAddress(std::string_view address);

  // `clock` must outlive the client.
  RuntimeApi(net::Url url, const Clock& clock);

  // Waits for the next event without a time limit. The process is frozen during the wait.
  Task<Result<Invocation>> Next();

  // Delivers the response to an invocation.
  Task<Result<Delivery>> Respond(std::string request_id, std::string payload);
  // Reports that an invocation failed. Only the invoker and the log see the message.
  Task<Result<Delivery>> Fail(std::string request_id, std::string type, std::string message);
  // Reports that the program cannot start. Call it before the first Next().
  Task<Status> FailInit(std::string type, std::string message);

 private:
  Task<Result<Delivery>> Post(std::string path, net::HttpHeaders headers, std::string body);

  const Clock& clock_;
  net::HttpClient http_;
};

}  // namespace users::lambda_runtime
