#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/operations.h"
#include "api/response.h"
#include "api/routes.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/ulid.h"
#include "server/authenticator.h"
#include "server/http_server.h"
#include "server/metrics.h"
#include "server/principal_store.h"
#include "server/rejection_log.h"
#include "server/role_store.h"
#include "server/throttle.h"
#include "service/user_service.h"

namespace users::server {

// The options of the front door.
struct FrontDoorOptions {
  std::string api_arn;             // the prefix of resource ARNs; its fourth part is the region
  std::vector<std::string> hosts;  // accepted in signed requests; empty: any
  // The max time for which an operation waits for the store and for space in the log. The server
  // times out requests that take longer (HttpServerOptions::response_time).
  std::chrono::milliseconds request_time{9'000};
};

// Takes a request through the checks in the order of the contract: route, authentication, throttle,
// policy. Then it runs the operation, and writes log and metrics. Each thread has its own.
class FrontDoor final : public RequestHandler {
 public:
  // The parts that all threads share. All of them must outlive the front door.
  struct Shared {
    const FrontDoorOptions& options;
    service::UserService& users;
    const PrincipalStore& principals;
    Throttles& throttles;
    Metrics& metrics;
    const Clock& clock;
    const Log& log;
    RejectionLog& unauthenticated_log;  // of requests without an authenticated caller
    RejectionLog& throttled_log;        // of authenticated callers over their limit
    // The catalogue in force; null: always the one of `users`.
    const RoleStore* roles = nullptr;
  };
  explicit FrontDoor(const Shared& shared);

  std::optional<HttpResponse> CheckHead(const HttpRequest& request) override;
  Task<HttpResponse> Handle(const HttpRequest& request) override;
  HttpResponse Reject(api::Response rejection, const HttpRequest& request) override;
  void Tick() override;

 private:
  struct Exchange;
  // Returns the service for one request, with the catalogue in force at its beginning.
  std::shared_ptr<service::UserService> CurrentUsers();
  // Returns the caller's correlation id if it sent one, otherwise a new one.
  std::string CorrelationIdOf(const net::RequestHead& head);
  // The result of a check; the error is the response that rejects the request.
  using Checked = Result<Done, api::Response>;
  Checked FindRoute(const HttpRequest& request, api::Route& route, Exchange& exchange);
  Checked Receive(const HttpRequest& request, Exchange& exchange);
  Checked Admit(const HttpRequest& request, const api::Route& route, Exchange& exchange);
  HttpResponse Reject(api::Response rejection, Exchange& exchange);
  HttpResponse Return(api::Response response, Exchange& exchange);
  HttpResponse Finish(api::Response response, Exchange& exchange);
  void WriteLine(const api::Response& response, Exchange& exchange,
                 std::chrono::steady_clock::time_point now);
  // Reserves space in the log for the line of an authenticated request. Returns false if there is
  // none in time.
  Task<bool> ReserveRoom(Exchange& exchange);
  HttpResponse TimeOut(Exchange& exchange);

  // Operations that have not returned although their requests were timed out.
  struct Abandoned {
    std::size_t reads = 0;
    std::size_t writes = 0;
  };
  std::size_t& AbandonedLike(const Exchange& exchange);

  const Shared shared_;
  Abandoned abandoned_;
  Authenticator authenticator_;
  UlidGenerator correlation_ids_;
  std::string resource_;  // used by Admit; a member to reuse its memory
  std::uint64_t roles_generation_ = 0;
  std::shared_ptr<service::UserService> users_;
};

// Returns a part of an ARN (0 is "arn"); empty if the ARN has fewer parts.
std::string_view ArnPart(std::string_view arn, std::size_t index);

}  // namespace users::server
