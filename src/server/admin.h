#pragma once

#include "server/health.h"
#include "server/http_server.h"
#include "server/metrics.h"

namespace users::server {

// Serves the admin address, without signatures: GET /livez, /healthz and /metrics. It waits for
// nothing, so it responds even if everything else hangs. The header Host must be an IP address or
// `localhost` (403 otherwise), so that a web page cannot read it by DNS rebinding.
class AdminHandler final : public RequestHandler {
 public:
  // Both must outlive the handler. Thread-safe if they are.
  AdminHandler(const Metrics& metrics, const Health& health) : metrics_(metrics), health_(health) {}

  std::optional<HttpResponse> CheckHead(const HttpRequest& request) override;
  Task<HttpResponse> Handle(const HttpRequest& request) override;
  HttpResponse Reject(api::Response rejection, const HttpRequest& request) override;

 private:
  const Metrics& metrics_;
  const Health& health_;
};

}  // namespace users::server
