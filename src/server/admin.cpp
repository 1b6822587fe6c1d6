#include "server/admin.h"

#include "api/response.h"
#include "server/host_list.h"

namespace users::server {
namespace {

HttpResponse Plain(int status, std::string_view content_type, std::string body) {
  HttpResponse response;
  response.status = status;
  response.headers =
      "Content-Type: " + std::string(content_type) + "\r\nCache-Control: no-store\r\n";
  response.body = std::move(body);
  return response;
}

HttpResponse FromError(const Error& error) {
  api::Response answer = api::ErrorResponse(error);
  HttpResponse response = Plain(answer.status, "application/json", std::move(answer.body));
  if (!answer.allow.empty()) response.headers += "Allow: " + answer.allow + "\r\n";
  return response;
}

}  // namespace

std::optional<HttpResponse> AdminHandler::CheckHead(const HttpRequest&) {
  return std::nullopt;
}

Task<HttpResponse> AdminHandler::Handle(const HttpRequest& request) {
  const auto host = request.head.Find("Host");
  if (host && !IsAddressOrLocalhost(*host)) {
    co_return FromError(Error::Of(ErrorCode::kForbidden,
                                  "The header Host must be an IP address or localhost here."));
  }
  const bool is_health = request.head.path == "/healthz";
  if (!is_health && request.head.path != "/metrics") {
    co_return FromError(Error::Of(ErrorCode::kNotFound, "Here are /healthz and /metrics."));
  }
  if (request.head.method != "GET" && request.head.method != "HEAD") {
    Error error = Error::Of(ErrorCode::kMethodNotAllowed, "The path does not have this method.");
    error.allow = "GET, HEAD";
    co_return FromError(error);
  }
  if (!is_health) co_return Plain(200, "text/plain; version=0.0.4", metrics_.Text());
  const bool healthy = co_await is_healthy_();
  if (!healthy) co_return Plain(503, "application/json", R"({"status":"unavailable"})");
  co_return Plain(200, "application/json", R"({"status":"ok"})");
}

HttpResponse AdminHandler::Refuse(const Error& error, const HttpRequest&) {
  return FromError(error);
}

}  // namespace users::server
