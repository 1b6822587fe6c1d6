#pragma once

#include <functional>

#include "server/http_server.h"
#include "server/metrics.h"

namespace users::server {

// What the admin address answers, unsigned: GET /healthz and GET /metrics.
class AdminHandler final : public RequestHandler {
 public:
  // `is_healthy` says whether the server can serve: the store answers, and it is not draining.
  AdminHandler(const Metrics& metrics, std::function<Task<bool>()> is_healthy)
      : metrics_(metrics), is_healthy_(std::move(is_healthy)) {}

  Task<HttpResponse> Handle(const HttpRequest& request) override;
  HttpResponse Refuse(const Error& error, const net::RequestHead& head,
                      std::string_view client_address) override;

 private:
  const Metrics& metrics_;
  const std::function<Task<bool>()> is_healthy_;
};

}  // namespace users::server
