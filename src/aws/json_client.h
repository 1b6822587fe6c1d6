#pragma once

#include <atomic>
#include <boost/json/value.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "aws/credentials.h"
#include "aws/retry.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "base/task.h"
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

struct JsonAnswer {
  std::string error;  // the error's name without its namespace; empty: success
  boost::json::object body;
};

// One call of an operation.
struct JsonCall {
  JsonCall(std::string operation, std::string body)
      : operation(std::move(operation)), body(std::move(body)) {}

  std::string operation;
  std::string body;  // JSON; the same bytes at every attempt
  // What the service alone can know of an error; asked before the rules that all services share.
  std::function<RetryKind(const JsonAnswer&)> judge;
  // Attempts that end in contention; then the answer is handed out as it is.
  int most_contended_attempts = 4;
};

struct JsonClientStatistics {
  std::atomic<std::uint64_t> calls{0};
  std::atomic<std::uint64_t> retries{0};
  std::atomic<std::uint64_t> throttled{0};  // attempts that the service refused for the load
  std::atomic<std::uint64_t> failures{0};   // calls that ended without an answer
};

// Makes signed calls and repeats those that failed for a time, by the rules of AWS's SDKs. An
// answer whose x-amz-crc32 does not fit is such a failure. Thread-safe.
class JsonClient {
 public:
  // All outlive the io_contexts that its callers run on.
  JsonClient(net::HttpClient& http, CredentialsProvider& credentials, JsonService service,
             const Clock& clock, const Log& log)
      : http_(http),
        credentials_(credentials),
        service_(std::move(service)),
        clock_(clock),
        log_(log) {}

  // The answer, errors of the service that no repetition mends included. kUnavailable: there was
  // none in time, or the attempts were used up; the call may have taken effect all the same.
  Task<Result<JsonAnswer>> Call(JsonCall call, Deadline deadline);

  const JsonClientStatistics& statistics() const { return statistics_; }

 private:
  struct Attempt;
  Task<Attempt> TryOnce(const JsonCall& call, Deadline deadline);
  Attempt Judge(const JsonCall& call, const net::HttpAnswer& answer) const;

  net::HttpClient& http_;
  CredentialsProvider& credentials_;
  const JsonService service_;
  const Clock& clock_;
  const Log& log_;
  RetryQuota quota_;
  JsonClientStatistics statistics_;
};

}  // namespace users::aws
