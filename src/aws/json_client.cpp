#include "aws/json_client.h"

#include <algorithm>
#include <array>
#include <boost/crc.hpp>

#include "aws/sigv4.h"
#include "base/async/timer.h"
#include "base/header_fields.h"
#include "base/json/json.h"

namespace users::aws {
namespace {

using net::IncomingResponse;

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

// Returns the name without its namespace and suffix:
// "com.amazonaws.dynamodb.v20120810#ValidationException:http://..." is ValidationException.
std::string ErrorName(std::string_view text) {
  const std::size_t hash = text.rfind('#');
  if (hash != text.npos) text.remove_prefix(hash + 1);
  return std::string(text.substr(0, text.find(':')));
}

bool IsIntact(const IncomingResponse& response) {
  const auto expected = response.Find("x-amz-crc32");
  if (!expected) return true;
  boost::crc_32_type crc;
  crc.process_bytes(response.body.data(), response.body.size());
  return *expected == std::to_string(crc.checksum());
}

// Contention ends soon or not at all, so ever longer waits do not help.
constexpr int kMaxContentionDoublings = 4;

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

  std::optional<JsonResponse> response;  // a complete response, final or not
  RetryKind kind = RetryKind::kNone;
  std::string reason;  // for the log
};

Task<Result<JsonResponse>> JsonClient::Call(JsonCall call, Deadline deadline) {
  ++statistics_.calls;
  int attempts = 0;
  int contended = 0;
  int last_cost = 1;
  while (true) {
    Attempt attempt = co_await TryOnce(call, deadline);
    if (attempt.kind == RetryKind::kThrottling) ++statistics_.throttled;
    if (attempt.kind == RetryKind::kNone && attempt.response) {
      quota_.Return(last_cost);
      co_return std::move(*attempt.response);
    }

    bool again = attempt.kind != RetryKind::kNone;
    int retry = 0;
    int cost = 0;
    if (attempt.kind == RetryKind::kContention) {
      retry = std::min(contended, kMaxContentionDoublings);
      again = ++contended < call.max_contended_attempts;
    } else if (again) {
      retry = attempts;
      again = ++attempts < service_.retries.max_attempts;
      cost = RetryQuota::CostOf(attempt.kind);
    }
    const Deadline next =
        std::chrono::steady_clock::now() + RetryDelay(service_.retries, attempt.kind, retry);
    if (!again || next >= deadline || !quota_.TrySpend(cost)) {
      // The service did respond, so the caller decides.
      if (attempt.kind == RetryKind::kContention) co_return std::move(*attempt.response);
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
  HeaderFields fields;
  for (const auto& [name, value] : request.headers) fields.Add(HeaderField{name, value});
  const RequestView view{request.method, request.target, "", fields};
  for (auto& header : SignatureHeaders(view, request.body, **credentials, service_.region,
                                       service_.signing_name, clock_.Now())) {
    request.headers.push_back(std::move(header));
  }

  const auto response = co_await http_.Send(std::move(request), deadline);
  if (!response.ok()) {
    const bool is_ours = response.error().code == ErrorCode::kInternal;
    co_return Attempt::Failed(is_ours ? RetryKind::kNone : RetryKind::kTransient,
                              response.error().message);
  }
  Attempt attempt = Classify(call, *response);
  if (attempt.response && IsOneOf(attempt.response->error, kCredentialErrors)) {
    credentials_.Rejected(*credentials);
    attempt.kind = RetryKind::kTransient;
  }
  co_return attempt;
}

JsonClient::Attempt JsonClient::Classify(const JsonCall& call,
                                         const IncomingResponse& response) const {
  if (!IsIntact(response)) return Attempt::Failed(RetryKind::kTransient, "wrong CRC32");
  auto parsed = json::Parse(response.body);
  auto* object = parsed.ok() ? parsed->value.if_object() : nullptr;
  if (object == nullptr) {
    const RetryKind kind = KindOf(response.status, "");
    return Attempt::Failed(kind == RetryKind::kNone ? RetryKind::kTransient : kind,
                           "not JSON, status " + std::to_string(response.status));
  }
  Attempt attempt;
  JsonResponse& read = attempt.response.emplace();
  if (response.status != 200) {
    read.error = ErrorName(json::FindString(*object, "__type").value_or(std::string_view()));
    if (read.error.empty()) read.error = "status " + std::to_string(response.status);
    attempt.reason = read.error;
  }
  read.body = std::move(*object);
  if (!read.error.empty() && call.classify) attempt.kind = call.classify(read);
  if (attempt.kind == RetryKind::kNone) attempt.kind = KindOf(response.status, read.error);
  return attempt;
}

}  // namespace users::aws
