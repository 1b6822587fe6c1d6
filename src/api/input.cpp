#include "api/input.h"

#include "base/text/text.h"
#include "domain/field_rules.h"

namespace users::api {
namespace {

constexpr std::size_t kDefaultLimit = 50;
constexpr std::size_t kMaxLimit = 100;

// Accepts "utf-8", or "utf8" as some clients write it, with or without quotes.
bool IsUtf8Name(std::string_view charset) {
  if (charset.size() >= 2 && charset.front() == '"' && charset.back() == '"') {
    charset = charset.substr(1, charset.size() - 2);
  }
  return EqualIgnoringAsciiCase(charset, "utf-8") || EqualIgnoringAsciiCase(charset, "utf8");
}

// Accepts `application/json`, with or without parameters. JSON between systems is UTF-8 (RFC 8259,
// 8.1), so a charset must name UTF-8.
bool IsJson(std::string_view content_type) {
  const auto parts = Split(content_type, ';');
  if (!EqualIgnoringAsciiCase(TrimWhiteSpace(parts[0]), "application/json")) return false;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::string_view parameter = TrimWhiteSpace(parts[i]);
    constexpr std::string_view kCharset = "charset=";
    if (!EqualIgnoringAsciiCase(parameter.substr(0, kCharset.size()), kCharset)) continue;
    if (!IsUtf8Name(parameter.substr(kCharset.size()))) return false;
  }
  return true;
}

}  // namespace

Result<Input, Response> Input::WithBody(const Request& request) {
  // An empty body cannot have a wrong type. It is reported as a fault of `body`.
  if (!request.body.empty() && (!request.content_type || !IsJson(*request.content_type))) {
    return UnsupportedMediaType("The header Content-Type must be application/json, in UTF-8.");
  }
  if (!request.body.empty() && request.content_encoding &&
      !EqualIgnoringAsciiCase(*request.content_encoding, "identity")) {
    return UnsupportedMediaType(
        "The header Content-Encoding must be absent: the body must not be compressed.");
  }
  Input input(request);
  input.ParseBody();
  return input;
}

Input Input::WithoutBody(const Request& request) {
  Input input(request);
  if (!request.body.empty()) input.errors_->Add("body", "this operation takes no body");
  return input;
}

void Input::ParseBody() {
  value_ = std::make_unique<boost::json::value>();
  if (request_.body.empty()) {
    errors_->Add("body", "is required");
  } else {
    auto parsed = json::Parse(request_.body);
    if (parsed.ok()) {
      *value_ = std::move(parsed->value);
      for (const std::string& path : parsed->repeated) {
        errors_->Add(path, "occurs more than once in the body");
      }
    } else {
      const json::ParseError& error = parsed.error();
      errors_->Add("body", "is not valid JSON (" + error.message + " at byte " +
                               std::to_string(error.offset) + ")");
    }
  }
  body_ = std::make_unique<json::ObjectReader>(*value_, "", *errors_);
}

std::optional<std::string_view> Input::Query(std::string_view name) {
  known_queries_.emplace(name);
  for (const QueryParameter& parameter : request_.query) {
    if (parameter.name == name && !parameter.broken) return parameter.value;
  }
  return std::nullopt;
}

std::size_t Input::Limit() {
  const auto text = Query("limit");
  if (!text) return kDefaultLimit;
  const auto limit = ParseNumber<std::size_t>(*text);
  if (!limit || text->front() == '0' || *limit < 1 || *limit > kMaxLimit) {
    errors_->Add("limit", "must be a whole number from 1 to " + std::to_string(kMaxLimit));
    return kDefaultLimit;
  }
  return *limit;
}

service::WriteContext Input::WriteContextOf(Operation operation, KeyIn key_in) {
  service::WriteContext context;
  context.call = service::CallContext(request_.caller, request_.correlation_id, request_.deadline);
  context.operation = NameOf(operation);
  context.idempotency_key =
      key_in == KeyIn::kBody ? IdempotencyKeyFromBody() : IdempotencyKeyFromHeader();
  context.reason = AuditReason();
  return context;
}

std::optional<std::string> Input::AuditReason() {
  constexpr std::string_view kName = "X-Audit-Reason";
  if (request_.audit_reasons.empty()) return std::nullopt;
  if (request_.audit_reasons.size() > 1) {
    errors_->Add(kName, "must be sent once");
    return std::nullopt;
  }
  return domain::CheckAuditReason(request_.audit_reasons.front(), kName, *errors_);
}

std::optional<domain::IfMatch> Input::IfMatch() {
  if (!request_.if_match) return std::nullopt;
  auto parsed = domain::IfMatch::Parse(*request_.if_match);
  if (!parsed) errors_->Add("If-Match", "must be * or a list of quoted entity tags, such as \"3\"");
  return parsed;
}

std::optional<std::string> Input::IdempotencyKeyFromHeader() {
  if (!request_.idempotency_key) return std::nullopt;
  return domain::CheckIdempotencyKey(*request_.idempotency_key, "Idempotency-Key", *errors_);
}

std::optional<std::string> Input::IdempotencyKeyFromBody() {
  const auto header = IdempotencyKeyFromHeader();
  const auto text = body_->String("idempotencyKey", json::Presence::kRequired);
  if (!text) return std::nullopt;
  auto key = domain::CheckIdempotencyKey(*text, "idempotencyKey", *errors_);
  if (key && header && *header != *key) {
    errors_->Add("Idempotency-Key", "must equal idempotencyKey in the body");
  }
  return key;
}

Status Input::Finish() {
  std::unordered_set<std::string_view> seen;
  for (const QueryParameter& parameter : request_.query) {
    if (parameter.broken) {
      errors_->Add(parameter.name, "must be percent-encoded UTF-8");
    } else if (!known_queries_.contains(parameter.name)) {
      errors_->Add(parameter.name, "is not a parameter of this operation");
    } else if (!seen.insert(parameter.name).second) {
      errors_->Add(parameter.name, "occurs more than once in the query");
    }
  }
  if (body_) body_->RejectOthers();
  if (!errors_->empty()) return std::move(*errors_).ToError();
  return Done{};
}

service::CallContext ReadContextOf(const Request& request) {
  service::CallContext context;
  context.deadline = request.deadline;
  return context;
}

}  // namespace users::api
