#include "server/admin.h"

#include "api/response.h"
#include "base/json/json.h"
#include "server/host_list.h"

namespace users::server {
namespace {

HttpResponse Plain(int status, std::string_view content_type, std::string body) {
  HttpResponse response;
  response.status = status;
  response.headers = "Content-Type: " + std::string(content_type) +
                     "\r\nCache-Control: " + std::string(api::kCacheControl) + "\r\n";
  response.body = std::move(body);
  return response;
}

HttpResponse Rejected(api::Response rejection) {
  HttpResponse response = Plain(rejection.status, "application/json", std::move(rejection.body));
  if (!rejection.allow.empty()) response.headers += "Allow: " + rejection.allow + "\r\n";
  return response;
}

HttpResponse Rejected(ErrorCode code, std::string message) {
  return Rejected(api::ErrorResponse(Error::Of(code, std::move(message))));
}

constexpr std::string_view kOk = R"({"status":"ok"})";

HttpResponse HealthResponse(const std::vector<std::string_view>& failing) {
  if (failing.empty()) return Plain(200, "application/json", std::string(kOk));
  std::string body;
  json::ObjectWriter writer(body);
  writer.String("status", "unavailable");
  writer.Name("failing");
  body += '[';
  for (const std::string_view name : failing) {
    if (body.back() != '[') body += ',';
    json::AppendString(body, name);
  }
  body += ']';
  writer.Close();
  return Plain(503, "application/json", std::move(body));
}

}  // namespace

std::optional<HttpResponse> AdminHandler::CheckHead(const HttpRequest&) {
  return std::nullopt;
}

Task<HttpResponse> AdminHandler::Handle(const HttpRequest& request) {
  const auto host = request.head.Find("Host");
  if (host && !IsAddressOrLocalhost(*host)) {
    co_return Rejected(ErrorCode::kForbidden,
                       "The header Host must be an IP address or localhost here.");
  }
  const std::string_view path = request.head.path;
  if (path != "/livez" && path != "/healthz" && path != "/metrics") {
    co_return Rejected(ErrorCode::kNotFound, "The paths are /livez, /healthz and /metrics.");
  }
  if (request.head.method != "GET" && request.head.method != "HEAD") {
    co_return Rejected(api::MethodNotAllowed("GET, HEAD"));
  }
  if (path == "/metrics") co_return Plain(200, "text/plain; version=0.0.4", metrics_.Text());
  if (path == "/livez") co_return Plain(200, "application/json", std::string(kOk));
  co_return HealthResponse(health_.Failing());
}

HttpResponse AdminHandler::Reject(api::Response rejection, const HttpRequest&) {
  return Rejected(std::move(rejection));
}

}  // namespace users::server
