#include "lambda_runtime/runtime_api.h"

#include <chrono>

#include "base/json/json.h"
#include "base/text/text.h"

namespace users::lambda_runtime {
namespace {

using std::chrono::milliseconds;

const std::string kRuntime = "/2018-06-01/runtime/";
const std::string kInvocation = kRuntime + "invocation/";
constexpr std::chrono::hours kForever{24 * 365};

// The interface is on this machine and is frozen and thawed together with this process, so its
// connections do not become stale.
net::HttpClientOptions ClientOptions() {
  net::HttpClientOptions options;
  options.read_time = milliseconds::max();
  options.max_idle_time = kForever;
  options.max_idle_connections = 1;
  return options;
}

Error Unexpected(std::string_view doing, int status) {
  return Error::Unavailable(std::string(doing) + ": the runtime interface returned status " +
                            std::to_string(status));
}

std::string ErrorBody(std::string_view type, std::string_view message) {
  std::string body;
  json::ObjectWriter writer(body);
  writer.String("errorMessage", message);
  writer.String("errorType", type);
  writer.Raw("stackTrace", "[]");
  writer.Close();
  return body;
}

net::HttpHeaders ErrorHeaders(std::string type) {
  net::HttpHeaders headers;
  headers.emplace_back("Content-Type", "application/json");
  headers.emplace_back("Lambda-Runtime-Function-Error-Type", std::move(type));
  return headers;
}

}  // namespace

Result<net::Url> RuntimeApi::ParseAddress(std::string_view address) {
  return net::ParseUrl("http://" + std::string(address));
}

RuntimeApi::RuntimeApi(net::Url url, const Clock& clock)
    : clock_(clock), http_(std::move(url), ClientOptions()) {}

Task<Result<Invocation>> RuntimeApi::Next() {
  net::OutgoingRequest request("GET", kInvocation + "next");
  auto response = co_await http_.Send(std::move(request), Deadline::max());
  if (!response.ok()) co_return std::move(response.error());
  if (response->status != 200) co_return Unexpected("next", response->status);
  const auto id = response->Find("Lambda-Runtime-Aws-Request-Id");
  if (!id || id->empty()) co_return Error::Unavailable("next: an invocation without an id");

  Invocation invocation;
  invocation.request_id = *id;
  invocation.trace = ParseTraceHeader(response->Find("Lambda-Runtime-Trace-Id").value_or(""));
  // Wall-clock time of the machine that this process runs on.
  const auto due =
      ParseNumber<std::int64_t>(response->Find("Lambda-Runtime-Deadline-Ms").value_or(""));
  invocation.deadline = Deadline::max();
  if (due) {
    const milliseconds left = milliseconds(*due) - clock_.Now().time_since_epoch();
    invocation.deadline = DeadlineIn(std::clamp<milliseconds>(left, milliseconds(0), kForever));
  }
  invocation.event = std::move(response->body);
  co_return invocation;
}

Task<Result<Delivery>> RuntimeApi::Respond(std::string request_id, std::string payload) {
  net::HttpHeaders headers;
  headers.emplace_back("Content-Type", "application/json");
  return Post(kInvocation + request_id + "/response", std::move(headers), std::move(payload));
}

Task<Result<Delivery>> RuntimeApi::Fail(std::string request_id, std::string type,
                                        std::string message) {
  std::string body = ErrorBody(type, message);
  return Post(kInvocation + request_id + "/error", ErrorHeaders(std::move(type)), std::move(body));
}

Task<Status> RuntimeApi::FailInit(std::string type, std::string message) {
  std::string body = ErrorBody(type, message);
  auto told =
      co_await Post(kRuntime + "init/error", ErrorHeaders(std::move(type)), std::move(body));
  if (!told.ok()) co_return std::move(told.error());
  co_return Done{};
}

Task<Result<Delivery>> RuntimeApi::Post(std::string path, net::HttpHeaders headers,
                                        std::string body) {
  net::OutgoingRequest request("POST", path, std::move(headers), std::move(body));
  auto response = co_await http_.Send(std::move(request), Deadline::max());
  if (!response.ok()) co_return std::move(response.error());
  if (response->status >= 500) co_return Unexpected(path, response->status);
  if (response->status == 413) co_return Delivery::kTooLarge;
  co_return response->status < 300 ? Delivery::kAccepted : Delivery::kRejected;
}

}  // namespace users::lambda_runtime
