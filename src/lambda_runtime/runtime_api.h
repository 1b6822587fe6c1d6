#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"
#include "lambda_runtime/trace_header.h"
#include "net/http_client.h"

// AWS Lambda's runtime interface (docs.aws.amazon.com, "Using the Lambda runtime API for custom
// runtimes", version 2018-06-01).
namespace users::lambda_runtime {

// One event to be handled.
struct Invocation {
  // What is left after it is for telling the caller that it took too long.
  Deadline work_deadline() const { return deadline - std::chrono::milliseconds(250); }

  std::string request_id;
  Deadline deadline;  // when Lambda ends the invocation
  TraceHeader trace;  // empty if there is none
  std::string event;  // JSON, not looked at yet
};

// What became of an answer.
enum class Delivery {
  kAccepted,
  kTooLarge,  // over 6 MB; the invocation still waits for another answer
  kRefused,   // the invocation is over already, or the answer made no sense
};

// The client's side of the interface. For one thread. Errors are kUnavailable: the interface cannot
// be reached, or says that this execution environment is to end; the process exits then.
class RuntimeApi {
 public:
  // `address` is AWS_LAMBDA_RUNTIME_API: HOST:PORT.
  static Result<net::Url> ParseAddress(std::string_view address);

  RuntimeApi(net::Url url, const Clock& clock);

  // Waits for the next event, for as long as that takes: the process is frozen meanwhile.
  Task<Result<Invocation>> Next();

  Task<Result<Delivery>> Respond(std::string request_id, std::string payload);
  // The invocation failed; nobody but the invoker and the log sees the message.
  Task<Result<Delivery>> Fail(std::string request_id, std::string type, std::string message);
  // The program cannot start. Before the first Next.
  Task<Status> FailInit(std::string type, std::string message);

 private:
  Task<Result<Delivery>> Post(std::string path, net::HttpHeaders headers, std::string body);

  const Clock& clock_;
  net::HttpClient http_;
};

}  // namespace users::lambda_runtime
