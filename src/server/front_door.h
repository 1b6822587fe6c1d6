#pragma once

#include <memory>
#include <string>

#include "api/operations.h"
#include "api/routes.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/ulid.h"
#include "server/authenticator.h"
#include "server/http_server.h"
#include "server/metrics.h"
#include "server/principal_store.h"
#include "server/role_store.h"
#include "server/throttle.h"
#include "service/user_service.h"

namespace users::server {

struct FrontDoorOptions {
  std::string api_arn;  // what resource ARNs begin with; its fourth part is the region
  // How long an operation may wait, for the store and for room in the log. Whatever waits longer is
  // timed out by the server (HttpServerOptions::answer_time).
  std::chrono::milliseconds request_time{9'000};
};

// What a request passes on its way to an operation, in the order of the contract: route,
// authentication, throttle, policy; then the operation; then log and metrics. One for each thread.
class FrontDoor final : public RequestHandler {
 public:
  // What all threads share; everything outlives the front door.
  struct Shared {
    const FrontDoorOptions& options;
    service::UserService& users;
    const PrincipalStore& principals;
    Throttles& throttles;
    Metrics& metrics;
    const Clock& clock;
    const Log& log;
    // The catalogue in force; null: always the one of `users`.
    const RoleStore* roles = nullptr;
  };
  explicit FrontDoor(const Shared& shared);

  Task<HttpResponse> Handle(const HttpRequest& request) override;
  HttpResponse Refuse(const Error& error, const net::RequestHead& head,
                      std::string_view client_address) override;

 private:
  struct Exchange;
  // The service for one request, with the catalogue that is in force as it begins.
  std::shared_ptr<service::UserService> CurrentUsers();
  // The caller's own, if it sent one, or a new one.
  std::string CorrelationIdOf(const net::RequestHead& head);
  Status Receive(const HttpRequest& request, Exchange& exchange);
  Status Admit(const HttpRequest& request, const api::Route& route, Exchange& exchange);
  // Takes room in the log for the line of an authenticated request. False if there is none in time.
  Task<bool> TakeRoom(Exchange& exchange);
  HttpResponse TimeOut(Exchange& exchange);
  HttpResponse Finish(api::Response response, Exchange& exchange);

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
  std::string resource_;  // Admit's, kept for its memory
  std::uint64_t roles_generation_ = 0;
  std::shared_ptr<service::UserService> users_;
};

// The part of an ARN (0 is "arn"), empty if there are not so many.
std::string_view ArnPart(std::string_view arn, std::size_t index);

}  // namespace users::server
