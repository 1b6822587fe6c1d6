#pragma once

#include "server/health.h"
#include "server/http_server.h"
#include "server/metrics.h"

namespace users::server {

// What the admin address serves, unsigned: GET /livez, /healthz and /metrics. It waits for nothing,
// so it responds even when everything else hangs.
class AdminHandler final : public RequestHandler {
 public:
  AdminHandler(const Metrics& metrics, const Health& health)
      : metrics_(metrics), health_(health) {}

  Task<HttpResponse> Handle(const HttpRequest& request) override;
  HttpResponse Refuse(const Error& error, const net::RequestHead& head,
                      std::string_view client_address) override;

 private:
  const Metrics& metrics_;
  const Health& health_;
};

}  // namespace users::server
