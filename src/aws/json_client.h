#pragma once

#include <atomic>
#include <boost/json/value.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "aws/credentials.h"
#include "aws/retry.h"
#include "base/async/task.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "net/http_client.h"

namespace users::aws {

// A service that speaks awsJson1.0 or 1.1 (smithy.io, "AWS JSON protocol").
struct JsonService {
  std::string signing_name;   // "dynamodb"
  std::string target_prefix;  // "DynamoDB_20120810"
  std::string content_type;   // "application/x-amz-json-1.0"
  std::string region;
  RetryRules retries;
};

// A response of the service.
struct JsonResponse {
  std::string error;  // the error's name without its namespace; empty on success
  boost::json::object body;
};

// One call of an operation.
struct JsonCall {
  JsonCall(std::string operation, std::string body)
      : operation(std::move(operation)), body(std::move(body)) {}

  std::string operation;
  std::string body;  // JSON; every attempt sends the same bytes
  // Classifies errors that only this service has. Called before the rules that all services share.
  std::function<RetryKind(const JsonResponse&)> classify;
  // The maximum number of attempts that end in contention. After these, the response is returned.
  int max_contended_attempts = 4;
};

// Counters of a client. They may be read on any thread.
struct JsonClientStatistics {
  std::atomic<std::uint64_t> calls{0};
  std::atomic<std::uint64_t> retries{0};
  std::atomic<std::uint64_t> throttled{0};  // attempts that the service throttled
  std::atomic<std::uint64_t> failures{0};   // calls that ended without a response
};

// Makes signed calls and retries transient failures by the rules of AWS's SDKs. A response with a
// wrong x-amz-crc32 is a transient failure. Thread-safe.
class JsonClient {
 public:
  // All references must outlive the io_contexts that the callers run on.
  JsonClient(net::HttpClient& http, CredentialsProvider& credentials, JsonService service,
             const Clock& clock, const Log& log)
      : http_(http),
        credentials_(credentials),
        service_(std::move(service)),
        clock_(clock),
        log_(log) {}

  // Makes a call and returns the response, including errors of the service that a retry cannot fix.
  // Fails with kUnavailable if there was no response before the deadline or all attempts were used;
  // the call may have taken effect.
  Task<Result<JsonResponse>> Call(JsonCall call, Deadline deadline);

  // The counters.
  const JsonClientStatistics& statistics() const { return statistics_; }

 private:
  struct Attempt;
  Task<Attempt> TryOnce(const JsonCall& call, Deadline deadline);
  Attempt Classify(const JsonCall& call, const net::IncomingResponse& response) const;

  net::HttpClient& http_;
  CredentialsProvider& credentials_;
  const JsonService service_;
  const Clock& clock_;
  const Log& log_;
  RetryQuota quota_;
  JsonClientStatistics statistics_;
};

}  // namespace users::aws
