#pragma once

#include <functional>

#include "server/http_server.h"
#include "server/metrics.h"

namespace users::server {

// What the admin address serves, unsigned: GET /healthz and GET /metrics. The header Host must be
// an IP address or `localhost` (403 otherwise), so that no web page can read it through a name of
// its own.
class AdminHandler final : public RequestHandler {
 public:
  // `is_healthy` says whether the server can serve: the store answers, and it is not draining.
  AdminHandler(const Metrics& metrics, std::function<Task<bool>()> is_healthy)
      : metrics_(metrics), is_healthy_(std::move(is_healthy)) {}

  std::optional<HttpResponse> CheckHead(const HttpRequest& request) override;
  Task<HttpResponse> Handle(const HttpRequest& request) override;
  HttpResponse Refuse(const Error& error, const HttpRequest& request) override;

 private:
  const Metrics& metrics_;
  const std::function<Task<bool>()> is_healthy_;
};

}  // namespace users::server
