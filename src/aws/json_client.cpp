#include "aws/json_client.h"

#include <algorithm>
#include <array>
#include <boost/crc.hpp>

#include "aws/sigv4.h"
#include "base/header_field.h"
#include "base/json.h"
#include "base/timer.h"

namespace users::aws {
namespace {

using net::HttpAnswer;

template <std::size_t N>
bool IsOneOf(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The names that AWS's SDKs classify this way, for all services.
constexpr std::array<std::string_view, 8> kThrottlingErrors = {
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "Throttling",
    "ThrottledException",
    "RequestLimitExceeded",
    "RequestThrottledException",
    "TooManyRequestsException",
    "TransactionInProgressException"};
constexpr std::array<std::string_view, 6> kTransientErrors = {
    "InternalServerError", "InternalFailure",         "InternalServerErrorException",
    "ServiceUnavailable",  "RequestTimeoutException", "RequestTimeout"};
// The credentials have expired or were replaced.
constexpr std::array<std::string_view, 3> kCredentialErrors = {
    "ExpiredTokenException", "ExpiredToken", "UnrecognizedClientException"};

// "com.amazonaws.dynamodb.v20120810#ValidationException:http://..." is ValidationException.
std::string ErrorName(std::string_view text) {
  const std::size_t hash = text.rfind('#');
  if (hash != text.npos) text.remove_prefix(hash + 1);
  return std::string(text.substr(0, text.find(':')));
}

bool IsIntact(const HttpAnswer& answer) {
  const auto expected = answer.Find("x-amz-crc32");
  if (!expected) return true;
  boost::crc_32_type crc;
  crc.process_bytes(answer.body.data(), answer.body.size());
  return *expected == std::to_string(crc.checksum());
}

// Contention ends soon or not at all, so ever longer waits do not help.
constexpr int kMostContentionDoublings = 4;

RetryKind KindOf(int status, std::string_view error) {
  if (IsOneOf(error, kThrottlingErrors) || status == 429) return RetryKind::kThrottling;
  if (status >= 500 || IsOneOf(error, kTransientErrors)) return RetryKind::kTransient;
  return RetryKind::kNone;
}

}  // namespace

// The outcome of one attempt.
struct JsonClient::Attempt {
  static Attempt Failed(RetryKind kind, std::string reason) {
    Attempt attempt;
    attempt.kind = kind;
    attempt.reason = std::move(reason);
    return attempt;
  }

  std::optional<JsonAnswer> answer;  // a complete response, final or not
  RetryKind kind = RetryKind::kNone;
  std::string reason;  // for the log
};

Task<Result<JsonAnswer>> JsonClient::Call(JsonCall call, Deadline deadline) {
  ++statistics_.calls;
  int attempts = 0;
  int contended = 0;
  int last_cost = 1;
  while (true) {
    Attempt attempt = co_await TryOnce(call, deadline);
    if (attempt.kind == RetryKind::kThrottling) ++statistics_.throttled;
    if (attempt.kind == RetryKind::kNone && attempt.answer) {
      quota_.Return(last_cost);
      co_return std::move(*attempt.answer);
    }

    bool again = attempt.kind != RetryKind::kNone;
    int retry = 0;
    int cost = 0;
    if (attempt.kind == RetryKind::kContention) {
      retry = std::min(contended, kMostContentionDoublings);
      again = ++contended < call.most_contended_attempts;
    } else if (again) {
      retry = attempts;
      again = ++attempts < service_.retries.most_attempts;
      cost = RetryQuota::CostOf(attempt.kind);
    }
    const Deadline next =
        std::chrono::steady_clock::now() + RetryDelay(service_.retries, attempt.kind, retry);
    if (!again || next >= deadline || !quota_.Take(cost)) {
      // The service did respond, so the caller decides.
      if (attempt.kind == RetryKind::kContention) co_return std::move(*attempt.answer);
      ++statistics_.failures;
      log_.Error("aws_call_failed")
          .Text("service", service_.signing_name)
          .Text("operation", call.operation)
          .Text("reason", attempt.reason)
          .Number("attempts", attempts + contended);
      co_return Error::Unavailable("The store cannot be reached. Try again.");
    }
    ++statistics_.retries;
    if (cost > 0) last_cost = cost;
    log_.Debug("aws_call_repeated")
        .Text("service", service_.signing_name)
        .Text("operation", call.operation)
        .Text("reason", attempt.reason);
    co_await SleepUntil(next);
  }
}

Task<JsonClient::Attempt> JsonClient::TryOnce(const JsonCall& call, Deadline deadline) {
  const auto credentials = co_await credentials_.Get(deadline);
  if (!credentials.ok()) {
    co_return Attempt::Failed(RetryKind::kTransient, credentials.error().message);
  }
  net::OutgoingRequest request("POST", "/", {}, call.body);
  request.headers.emplace_back("Host", http_.server().Authority());
  request.headers.emplace_back("Content-Type", service_.content_type);
  request.headers.emplace_back("X-Amz-Target", service_.target_prefix + "." + call.operation);
  std::vector<HeaderField> fields;
  for (const auto& [name, value] : request.headers) fields.push_back(HeaderField{name, value});
  const RequestView view{request.method, request.target, "", fields};
  for (auto& header : SignatureHeaders(view, request.body, **credentials, service_.region,
                                       service_.signing_name, clock_.Now())) {
    request.headers.push_back(std::move(header));
  }

  const auto answer = co_await http_.Send(std::move(request), deadline);
  if (!answer.ok()) {
    const bool is_ours = answer.error().code == ErrorCode::kInternal;
    co_return Attempt::Failed(is_ours ? RetryKind::kNone : RetryKind::kTransient,
                              answer.error().message);
  }
  Attempt attempt = Judge(call, *answer);
  if (attempt.answer && IsOneOf(attempt.answer->error, kCredentialErrors)) {
    credentials_.Refused(*credentials);
    attempt.kind = RetryKind::kTransient;
  }
  co_return attempt;
}

JsonClient::Attempt JsonClient::Judge(const JsonCall& call, const HttpAnswer& answer) const {
  if (!IsIntact(answer)) return Attempt::Failed(RetryKind::kTransient, "wrong CRC32");
  auto parsed = json::Parse(answer.body);
  auto* object = parsed.ok() ? parsed->value.if_object() : nullptr;
  if (object == nullptr) {
    const RetryKind kind = KindOf(answer.status, "");
    return Attempt::Failed(kind == RetryKind::kNone ? RetryKind::kTransient : kind,
                           "not JSON, status " + std::to_string(answer.status));
  }
  Attempt attempt;
  JsonAnswer& read = attempt.answer.emplace();
  if (answer.status != 200) {
    read.error = ErrorName(json::FindString(*object, "__type").value_or(std::string_view()));
    if (read.error.empty()) read.error = "status " + std::to_string(answer.status);
    attempt.reason = read.error;
  }
  read.body = std::move(*object);
  if (!read.error.empty() && call.judge) attempt.kind = call.judge(read);
  if (attempt.kind == RetryKind::kNone) attempt.kind = KindOf(answer.status, read.error);
  return attempt;
}

}  // namespace users::aws
