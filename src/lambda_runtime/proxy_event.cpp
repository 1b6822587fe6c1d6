#include "lambda_runtime/proxy_event.h"

#include <map>
#include <optional>
#include <vector>

#include "base/json/json.h"
#include "base/text/text.h"
#include "lambda_runtime/event_json.h"

namespace users::lambda_runtime {
namespace {

namespace bj = boost::json;

struct CaseInsensitiveLess {
  bool operator()(const std::string& a, const std::string& b) const {
    return CompareIgnoringAsciiCase(a, b) < 0;
  }
};
using Headers = std::map<std::string, std::vector<std::string>, CaseInsensitiveLess>;

// Calls `visit(name, value)` for every text of {"name": ["value", ...]} or, if there is no such
// member, of {"name": "value"}.
template <class Visit>
void ForEachText(const bj::object& event, std::string_view several, std::string_view single,
                 Visit visit) {
  const bj::object* object = FindObject(event, several);
  if (object == nullptr) object = FindObject(event, single);
  if (object == nullptr) return;
  for (const auto& member : *object) {
    const std::string_view name = member.key();
    if (const auto* text = member.value().if_string()) {
      visit(name, std::string_view(*text));
    } else if (const auto* list = member.value().if_array()) {
      for (const bj::value& element : *list) {
        if (const auto* value = element.if_string()) visit(name, std::string_view(*value));
      }
    }
  }
}

std::optional<std::string> Joined(const Headers& headers, const std::string& name) {
  const auto found = headers.find(name);
  if (found == headers.end()) return std::nullopt;
  std::string joined;
  for (const std::string& value : found->second) {
    if (&value != &found->second.front()) joined += ", ";
    joined += value;
  }
  return joined;
}

// Sources differ on whether path parameters are decoded. User ids and role names never need
// encoding, so a value with a percent sign matches nothing. Decoding it twice could match something
// else.
std::string PathParameter(const bj::object& event, std::string_view name) {
  const bj::object* parameters = FindObject(event, "pathParameters");
  const auto value = parameters == nullptr ? std::nullopt : json::FindString(*parameters, name);
  return std::string(value.value_or(""));
}

void ReadHeaders(const bj::object& event, api::Request& request, Headers& headers) {
  ForEachText(event, "multiValueHeaders", "headers",
              [&](std::string_view name, std::string_view value) {
                headers[std::string(name)].emplace_back(value);
              });
  const auto correlation_id = Joined(headers, "X-Correlation-Id");
  if (correlation_id && api::IsCorrelationId(*correlation_id)) {
    request.correlation_id = *correlation_id;
  }
  request.content_type = Joined(headers, "Content-Type");
  request.content_encoding = Joined(headers, "Content-Encoding");
  request.if_match = Joined(headers, "If-Match");
  request.idempotency_key = Joined(headers, "Idempotency-Key");
  if (const auto reasons = headers.find("X-Audit-Reason"); reasons != headers.end()) {
    request.audit_reasons = reasons->second;
  }
}

void ReadPath(const bj::object& event, const bj::object* context, ProxyCall& call) {
  // The context's path includes the stage, so it is the path that the caller sent.
  auto path = context == nullptr ? std::nullopt : json::FindString(*context, "path");
  if (!path) path = json::FindString(event, "path");
  call.path = path.value_or("");
  call.request.path = call.path;
  call.request.user_id = PathParameter(event, "userId");
  call.request.role = PathParameter(event, "role");
}

// The error is the response.
using Checked = Result<Done, api::Response>;

Checked ReadBody(const bj::object& event, ProxyCall& call) {
  const auto body = json::FindString(event, "body").value_or("");
  const bj::value* encoded = event.if_contains("isBase64Encoded");
  if (encoded != nullptr && encoded->is_bool() && encoded->get_bool()) {
    auto decoded = DecodeBase64(body);
    if (!decoded) return api::ErrorResponse(Error::Validation("body", "is not valid base 64"));
    call.body = std::move(*decoded);
  } else {
    call.body = body;
  }
  if (call.body.size() > api::kMaxBodyBytes) return api::BodyTooLarge();
  call.request.body = call.body;
  return Done{};
}

}  // namespace

Result<Done, api::Response> ReadProxyEvent(std::string_view event, ProxyCall& call) {
  auto parsed = json::Parse(event);
  const bj::object* object = parsed.ok() ? parsed->value.if_object() : nullptr;
  if (object == nullptr) {
    return api::ErrorResponse(
        Error::Of(ErrorCode::kValidation, "The event is not a request from API Gateway."));
  }
  const bj::object* context = FindObject(*object, "requestContext");
  ReadPath(*object, context, call);
  Headers headers;
  ReadHeaders(*object, call.request, headers);
  ForEachText(*object, "multiValueQueryStringParameters", "queryStringParameters",
              [&](std::string_view name, std::string_view value) {
                api::QueryParameter parameter;
                parameter.name = name;
                parameter.value = value;
                call.request.query.push_back(std::move(parameter));
              });

  const bj::object* identity = context == nullptr ? nullptr : FindObject(*context, "identity");
  if (identity != nullptr) {
    call.request.client_address = json::FindString(*identity, "sourceIp").value_or("");
  }
  const auto arn = identity == nullptr ? std::nullopt : json::FindString(*identity, "userArn");
  if (!arn || arn->empty()) {
    return api::ErrorResponse(Error::Of(ErrorCode::kAuthentication, "The request is not signed."));
  }
  call.request.caller.arn = *arn;
  call.request.caller.access_key_id = json::FindString(*identity, "accessKey").value_or("");
  if (auto read = ReadBody(*object, call); !read.ok()) return read;
  const auto key = headers.find("Idempotency-Key");
  if (key != headers.end() && key->second.size() > 1) {
    return api::ErrorResponse(Error::Validation("Idempotency-Key", "must be sent once"));
  }
  return Done{};
}

std::string ProxyResponse(const api::Response& response, const std::string& correlation_id) {
  std::string out;
  out.reserve(response.body.size() + response.body.size() / 8 + 512);
  json::ObjectWriter writer(out);
  writer.Number("statusCode", response.status);
  json::ObjectWriter headers = writer.Object("headers");
  api::ForEachHeader(response, correlation_id, [&](std::string_view name, std::string_view value) {
    headers.String(name, value);
  });
  headers.Close();
  writer.String("body", response.body);
  writer.Bool("isBase64Encoded", false);
  writer.Close();
  return out;
}

}  // namespace users::lambda_runtime
