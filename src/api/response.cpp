#include "api/response.h"

#include <algorithm>

#include "base/json/json.h"

namespace users::api {
namespace {

struct Kind {
  int status;
  std::string_view code;
};

Kind KindOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kValidation:
      return {400, "VALIDATION_ERROR"};
    case ErrorCode::kAuthentication:
      return {401, "AUTHENTICATION_ERROR"};
    case ErrorCode::kForbidden:
      return {403, "FORBIDDEN"};
    case ErrorCode::kNotFound:
      return {404, "NOT_FOUND"};
    case ErrorCode::kConflict:
      return {409, "CONFLICT"};
    case ErrorCode::kPreconditionFailed:
      return {412, "PRECONDITION_FAILED"};
    case ErrorCode::kInternal:
      return {500, "INTERNAL_ERROR"};
    case ErrorCode::kUnavailable:
      return {503, "UNAVAILABLE"};
  }
  return {500, "INTERNAL_ERROR"};
}

std::string_view NameOf(ConflictReason reason) {
  switch (reason) {
    case ConflictReason::kEmailInUse:
      return "EMAIL_IN_USE";
    case ConflictReason::kExternalIdInUse:
      return "EXTERNAL_ID_IN_USE";
    case ConflictReason::kUserNameInUse:
      return "USER_NAME_IN_USE";
    case ConflictReason::kIdempotencyKeyReused:
      return "IDEMPOTENCY_KEY_REUSED";
    case ConflictReason::kUserDeleted:
      return "USER_DELETED";
  }
  return "";
}

std::string DetailsOf(const Error& error) {
  std::string details;
  json::ObjectWriter writer(details);
  if (error.code == ErrorCode::kValidation && !error.fields.empty()) {
    json::ArrayWriter errors = writer.Array("errors");
    for (const FieldError& field : error.fields) {
      json::ObjectWriter element = errors.Object();
      element.String("field", field.field);
      element.String("message", field.message);
      element.Close();
    }
    errors.Close();
  } else if (error.code == ErrorCode::kConflict) {
    writer.String("reason", NameOf(error.conflict_reason));
  } else if (error.code == ErrorCode::kPreconditionFailed) {
    writer.Number("currentVersion", static_cast<std::int64_t>(error.current_version));
  } else if (error.code == ErrorCode::kAuthentication) {
    for (const FieldError& detail : error.fields) {
      writer.EscapedName(detail.field);
      json::AppendString(details, detail.message);
    }
  }
  writer.Close();
  return details;
}

Response Rejection(const Kind& kind, std::string_view message, std::string_view details = "{}") {
  Response response;
  response.status = kind.status;
  response.error_code = kind.code;
  json::ObjectWriter writer(response.body);
  writer.String("code", kind.code);
  writer.String("message", message);
  writer.Raw("details", details);
  writer.Close();
  return response;
}

}  // namespace

Response ErrorResponse(const Error& error) {
  Response response = Rejection(KindOf(error.code), error.message, DetailsOf(error));
  if (error.code == ErrorCode::kUnavailable) response.retry_after = std::chrono::seconds(1);
  return response;
}

Response MethodNotAllowed(std::string allow) {
  Response response = Rejection({405, "METHOD_NOT_ALLOWED"}, "The path does not have this method.");
  response.allow = std::move(allow);
  return response;
}

Response BodyTooLarge() {
  return Rejection({413, "PAYLOAD_TOO_LARGE"}, "The body is larger than 64 KiB.");
}

Response UnsupportedMediaType(std::string_view message) {
  return Rejection({415, "UNSUPPORTED_MEDIA_TYPE"}, message);
}

Response Throttled(std::chrono::nanoseconds retry_after) {
  Response response = Rejection({429, "THROTTLED"}, "Too many requests. Try again later.");
  response.retry_after =
      std::max(std::chrono::seconds(1), std::chrono::ceil<std::chrono::seconds>(retry_after));
  return response;
}

Response HeadersTooLarge() {
  return Rejection({431, "PAYLOAD_TOO_LARGE"}, "The request's headers are too large or too many.");
}

}  // namespace users::api
