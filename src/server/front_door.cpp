#include "server/front_door.h"

#include <algorithm>
#include <exception>
#include <typeinfo>

#include "api/access_log.h"
#include "api/routes.h"
#include "base/async/timer.h"
#include "base/text/text.h"

namespace users::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::string_view kInvoke = "execute-api:invoke";
constexpr int kThrottledStatus = 429;

// An abandoned operation holds the memory of its request. Beyond this many of a kind, new ones are
// rejected at once.
constexpr std::size_t kMaxAbandoned = 1000;
// The wait of a request before it tries again to reserve space in the log.
constexpr milliseconds kFirstLogWait{5};
constexpr milliseconds kMaxLogWait{200};

std::optional<std::string> ToText(std::optional<std::string_view> view) {
  if (!view) return std::nullopt;
  return std::string(*view);
}

}  // namespace

std::string_view ArnPart(std::string_view arn, std::size_t index) {
  PartReader parts(arn, ':');
  auto part = parts.Next();
  for (; part && index > 0; --index) part = parts.Next();
  return part.value_or(std::string_view());
}

// The state of one request, for its response and its line in the log.
struct FrontDoor::Exchange final : PendingResponse, api::RequestWait {
  explicit Exchange(FrontDoor& door, ResponseLimit* limit = nullptr) : door(door), limit(limit) {}

  HttpResponse TimeOut() override { return door.TimeOut(*this); }
  void EndWait() override {
    if (end_wait) end_wait();
  }

  void Begin(Deadline until, std::function<void()> end) override {
    end_wait = std::move(end);
    principals = door.shared_.principals.generation();
    if (limit != nullptr) limit->Stop(until, caller_id);
  }
  bool End() override {
    end_wait = nullptr;
    if (limit != nullptr) limit->Restart();
    call.deadline = DeadlineIn(door.shared_.options.request_time);
    return principals == door.shared_.principals.generation();
  }

  FrontDoor& door;
  ResponseLimit* const limit;
  std::function<void()> end_wait;  // while the request waits
  std::uint64_t principals = 0;    // their generation when the wait began
  steady_clock::time_point begin = steady_clock::now();
  std::optional<api::Operation> operation;
  api::Request call;          // its caller is empty until authenticated
  Rejection rejection;        // why the signature was rejected
  std::size_t caller_id = 0;  // 0 until the policy has allowed the request
  std::optional<LogRoom> room;
  bool is_timed_out = false;
};

FrontDoor::FrontDoor(const Shared& shared)
    : shared_(shared),
      authenticator_(shared.principals, std::string(ArnPart(shared.options.api_arn, 3)),
                     HostList(shared.options.hosts)),
      correlation_ids_(shared.clock) {}

std::string FrontDoor::CorrelationIdOf(const net::RequestHead& head) {
  auto sent = head.Joined("X-Correlation-Id");
  if (sent && api::IsCorrelationId(*sent)) return std::move(*sent);
  return correlation_ids_.Next().ToString();
}

std::shared_ptr<service::UserService> FrontDoor::CurrentUsers() {
  // The service and the catalogue that it refers to, kept while a request uses them. Each thread
  // has its own, so that threads do not share a reference count.
  struct Snapshot {
    Snapshot(std::shared_ptr<const LoadedCatalogue> catalogue, service::UserService users)
        : catalogue(std::move(catalogue)), users(std::move(users)) {}
    std::shared_ptr<const LoadedCatalogue> catalogue;
    service::UserService users;
  };
  const std::uint64_t newest = shared_.roles == nullptr ? 0 : shared_.roles->generation();
  if (users_ != nullptr && newest == roles_generation_) return users_;
  roles_generation_ = newest;
  if (shared_.roles == nullptr) {
    users_ = std::make_shared<service::UserService>(shared_.users);
    return users_;
  }
  auto catalogue = shared_.roles->Current();
  auto users = shared_.users.WithRoles(catalogue->roles);
  const auto snapshot = std::make_shared<Snapshot>(std::move(catalogue), std::move(users));
  users_ = std::shared_ptr<service::UserService>(snapshot, &snapshot->users);
  return users_;
}

std::optional<HttpResponse> FrontDoor::CheckHead(const HttpRequest& request) {
  Exchange exchange(*this);
  api::Route route;
  Checked checked = FindRoute(request, route, exchange);
  if (checked.ok()) {
    const Status signature =
        authenticator_.CheckHead(request.head, shared_.clock.Now(), exchange.rejection);
    if (!signature.ok()) checked = api::ErrorResponse(signature.error());
  }
  if (checked.ok()) return std::nullopt;
  exchange.call.correlation_id = CorrelationIdOf(request.head);
  exchange.call.client_address = request.client_address;
  return Reject(std::move(checked.error()), exchange);
}

Task<HttpResponse> FrontDoor::Handle(const HttpRequest& request) {
  Exchange exchange(*this, request.limit);
  exchange.call.correlation_id = CorrelationIdOf(request.head);
  exchange.call.client_address = request.client_address;
  try {
    Checked received = Receive(request, exchange);
    if (!exchange.call.caller.arn.empty()) {
      const bool has_room = co_await ReserveRoom(exchange);
      if (!has_room) {
        co_return Finish(api::ErrorResponse(Error::Unavailable("The log cannot be written.")),
                         exchange);
      }
    }
    if (!received.ok()) co_return Reject(std::move(received.error()), exchange);
    if (AbandonedLike(exchange) >= kMaxAbandoned) {
      co_return Finish(api::ErrorResponse(Error::Unavailable("The store does not respond.")),
                       exchange);
    }
    request.pending = &exchange;
    const auto users = CurrentUsers();
    auto response = co_await api::Dispatch(*exchange.operation, exchange.call, *users);
    request.pending = nullptr;
    co_return Return(std::move(response), exchange);
  } catch (const std::exception& exception) {
    // Our code does not throw, but libraries may. The text can hold what the caller sent, so only
    // the type is logged.
    shared_.log.Error("exception")
        .Text("type", typeid(exception).name())
        .Text("correlationId", exchange.call.correlation_id);
  }
  request.pending = nullptr;
  co_return Return(api::ErrorResponse(Error::Internal()), exchange);
}

// Returns the response of an operation, unless the request has been timed out meanwhile.
HttpResponse FrontDoor::Return(api::Response response, Exchange& exchange) {
  if (!exchange.is_timed_out) return Finish(std::move(response), exchange);
  --AbandonedLike(exchange);
  auto line = shared_.log.Info("request_ended_late");
  api::DescribeRequest(line, exchange.operation, exchange.call, response,
                       steady_clock::now() - exchange.begin);
  return HttpResponse();  // it is not sent
}

HttpResponse FrontDoor::Reject(api::Response rejection, const HttpRequest& request) {
  Exchange exchange(*this);
  exchange.call.correlation_id = CorrelationIdOf(request.head);
  exchange.call.client_address = request.client_address;
  return Reject(std::move(rejection), exchange);
}

void FrontDoor::Tick() {
  const auto now = steady_clock::now();
  shared_.unauthenticated_log.Report(now);
  shared_.throttled_log.Report(now);
}

// The line is the audit of reads, so nothing is shown or changed before space for it is reserved.
Task<bool> FrontDoor::ReserveRoom(Exchange& exchange) {
  const Deadline deadline = exchange.begin + shared_.options.request_time;
  milliseconds pause = kFirstLogWait;
  while (true) {
    exchange.room = shared_.log.ReserveRoom();
    if (exchange.room) co_return true;
    const Deadline again = DeadlineIn(pause);
    if (again > deadline) co_return false;
    co_await SleepUntil(again);
    pause = std::min(pause * 2, kMaxLogWait);
  }
}

HttpResponse FrontDoor::TimeOut(Exchange& exchange) {
  exchange.is_timed_out = true;
  ++AbandonedLike(exchange);
  return Finish(api::ErrorResponse(Error::Unavailable(
                    "The request took too long. A change may still take effect: send it again with "
                    "the same idempotency key.")),
                exchange);
}

std::size_t& FrontDoor::AbandonedLike(const Exchange& exchange) {
  return api::IsRead(*exchange.operation) ? abandoned_.reads : abandoned_.writes;
}

FrontDoor::Checked FrontDoor::FindRoute(const HttpRequest& request, api::Route& route,
                                        Exchange& exchange) {
  route = api::FindRoute(request.head.method, request.head.path);
  if (!route.path_exists) {
    return api::ErrorResponse(Error::Of(ErrorCode::kNotFound, "There is no such path."));
  }
  if (!route.operation) return api::MethodNotAllowed(route.allow);
  exchange.operation = route.operation;
  return Done{};
}

// Fills in `exchange.call`.
FrontDoor::Checked FrontDoor::Receive(const HttpRequest& request, Exchange& exchange) {
  api::Route route;
  if (auto found = FindRoute(request, route, exchange); !found.ok()) return found;
  api::Request& call = exchange.call;
  call.user_id = std::move(route.user_id);
  if (auto admitted = Admit(request, route, exchange); !admitted.ok()) return admitted;

  call.path = request.head.path;
  call.role = std::move(route.role);
  call.time = std::move(route.time);
  call.query = api::ParseQuery(request.head.query);
  call.body = request.body;
  call.content_type = request.head.Joined("Content-Type");
  call.content_encoding = request.head.Joined("Content-Encoding");
  call.if_match = request.head.Joined("If-Match");
  call.idempotency_key = ToText(request.head.Find("Idempotency-Key"));
  const HeaderFields& fields = request.head.fields;
  for (const auto position : fields.Named("X-Audit-Reason")) {
    call.audit_reasons.emplace_back(fields[position].value);
  }
  call.deadline = exchange.begin + shared_.options.request_time;
  call.wait = &exchange;
  return Done{};
}

FrontDoor::Checked FrontDoor::Admit(const HttpRequest& request, const api::Route& route,
                                    Exchange& exchange) {
  auto identity = authenticator_.Authenticate(request.head, request.body, shared_.clock.Now(),
                                              exchange.rejection);
  if (!identity.ok()) return api::ErrorResponse(identity.error());
  const Principal& principal = *identity->principal;
  KnownKey& known = *identity->known;
  exchange.call.caller.arn = principal.arn;
  exchange.call.caller.access_key_id = known.key->access_key_id;
  if (known.bucket == nullptr) known.bucket = shared_.throttles.BucketOf(principal.arn);
  if (const auto wait = shared_.throttles.AdmitSigned(known.bucket)) return api::Throttled(*wait);

  resource_ = shared_.options.api_arn;
  resource_ += '/';
  resource_ += request.head.method;
  resource_ += route.decoded_path;
  if (!principal.policy.Allows(kInvoke, resource_)) {
    return api::ErrorResponse(
        Error::Of(ErrorCode::kForbidden, "Your policy does not allow this operation."));
  }
  exchange.caller_id = principal.caller_id;
  return Done{};
}

// Requests without an authenticated caller share a bucket, whatever their fault is.
HttpResponse FrontDoor::Reject(api::Response rejection, Exchange& exchange) {
  if (exchange.call.caller.arn.empty()) {
    if (const auto wait = shared_.throttles.AdmitUnauthenticated()) {
      return Finish(api::Throttled(*wait), exchange);
    }
  }
  return Finish(std::move(rejection), exchange);
}

HttpResponse FrontDoor::Finish(api::Response response, Exchange& exchange) {
  const api::Request& call = exchange.call;
  HttpResponse http;
  http.status = response.status;
  http.body = std::move(response.body);
  http.caller_id = exchange.caller_id;
  http.headers.reserve(256);
  api::ForEachHeader(response, call.correlation_id,
                     [&](std::string_view name, std::string_view value) {
                       http.headers += name;
                       http.headers += ": ";
                       http.headers += value;
                       http.headers += "\r\n";
                     });

  const auto now = steady_clock::now();
  shared_.metrics.CountResponse(exchange.operation, response.status, now - exchange.begin);
  if (shared_.log.Writes(LogLevel::kInfo)) WriteLine(response, exchange, now);
  return http;
}

void FrontDoor::WriteLine(const api::Response& response, Exchange& exchange,
                          steady_clock::time_point now) {
  const bool is_unknown_client = exchange.call.caller.arn.empty();
  if (is_unknown_client && !shared_.unauthenticated_log.Admits(now)) return;
  // The space reserved for the line of a throttled caller is released.
  if (!is_unknown_client && response.status == kThrottledStatus &&
      !shared_.throttled_log.Admits(now)) {
    return;
  }
  auto line = exchange.room       ? shared_.log.Audited(std::move(*exchange.room), "request")
              : is_unknown_client ? shared_.log.Expendable("request")
                                  : shared_.log.Info("request");
  api::DescribeRequest(line, exchange.operation, exchange.call, response, now - exchange.begin);
  const Rejection& rejection = exchange.rejection;
  if (rejection.reason == RejectionReason::kNone) return;
  line.Text("reason", NameOf(rejection.reason));
  if (!rejection.claimed_key_id.empty()) line.Text("claimedAccessKeyId", rejection.claimed_key_id);
}

}  // namespace users::server
