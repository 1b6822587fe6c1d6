#pragma once

#include <string>
#include <vector>

#include "property/model.h"
#include "service/user_service.h"

namespace users::testing {

// Few values of everything, so that callers collide. The last two ARNs share their idempotency
// keys.
inline const std::vector<std::string> kArns = {
    "arn:aws:iam::123456789012:user/ada",
    "arn:aws:iam::123456789012:user/bob",
    "arn:aws:sts::123456789012:assumed-role/clerk/one",
    "arn:aws:sts::123456789012:assumed-role/clerk/two",
};
inline const std::vector<std::string> kEmails = {"a@x.org", "A@x.org", "b@x.org",
                                                 "B@X.org", "c@x.org", "C@X.org"};
inline const std::vector<std::string> kExternalIds = {"x1", "X1", "x2"};
inline const std::vector<std::string> kUserNames = {"ann", "Ann", "BOB", "bob"};
inline const std::vector<std::string> kRoles = {"admin", "editor", "viewer"};

inline constexpr std::string_view kNoSuchUser = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

// Returns some values of a kind of handle. Two of them are equal but for the letter case.
inline const std::vector<std::string>& HandlesOf(domain::HandleKind kind) {
  switch (kind) {
    case domain::HandleKind::kEmail:
      return kEmails;
    case domain::HandleKind::kExternalId:
      return kExternalIds;
    case domain::HandleKind::kUserName:
      return kUserNames;
  }
  return kEmails;
}

// Returns an error in the model's terms. After "UNAVAILABLE" the write may have happened or not.
inline std::string ErrorText(const Error& error) {
  switch (error.code) {
    case ErrorCode::kNotFound:
      return "NOT_FOUND";
    case ErrorCode::kPreconditionFailed:
      return "PRECONDITION_FAILED";
    case ErrorCode::kUnavailable:
      return "UNAVAILABLE";
    case ErrorCode::kConflict:
      switch (error.conflict_reason) {
        case ConflictReason::kEmailInUse:
          return "CONFLICT EMAIL_IN_USE";
        case ConflictReason::kExternalIdInUse:
          return "CONFLICT EXTERNAL_ID_IN_USE";
        case ConflictReason::kUserNameInUse:
          return "CONFLICT USER_NAME_IN_USE";
        case ConflictReason::kIdempotencyKeyReused:
          return "CONFLICT IDEMPOTENCY_KEY_REUSED";
        case ConflictReason::kUserDeleted:
          return "CONFLICT USER_DELETED";
      }
      return "";
    case ErrorCode::kValidation:
      return "VALIDATION " + (error.fields.empty() ? "" : error.fields[0].field);
    default:
      return "UNEXPECTED " + error.message;
  }
}

// Returns the service's outcome in the model's terms.
inline Model::Outcome OutcomeOf(const Result<service::WriteOutcome>& result) {
  if (!result.ok()) return Model::Outcome{"", ErrorText(result.error()), false};
  return Model::Outcome{result->response.body, "", result->replayed};
}

// Renders a response: its body is the model's rendering, and its location is the user's id.
inline service::StoredResponse Rendered(const domain::User& user) {
  service::StoredResponse response;
  response.status = 200;
  response.body = Model::Render(user);
  response.version = user.version;
  response.location = user.user_id;
  return response;
}

// The contexts of calls, with a deadline that no healthy run reaches.
inline service::CallContext CallOf(const std::string& arn, const std::string& correlation_id) {
  domain::Caller caller;
  caller.arn = arn;
  caller.access_key_id = "AKIDEXAMPLE";
  return service::CallContext(caller, correlation_id, DeadlineIn(std::chrono::seconds(60)));
}

inline service::CallContext ReadContext() {
  return CallOf(kArns[0], "read");
}

// Whether a write gives a reason. It is not a part of the request, so it need not be the same for
// identical requests.
inline bool HasReason(const std::string& correlation_id) {
  return correlation_id.back() % 2 == 0;
}

inline service::WriteContext ContextOf(const Model::Write& write, const std::string& arn,
                                       const std::string& correlation_id = "test") {
  service::WriteContext context;
  context.call = CallOf(arn, correlation_id);
  context.operation = write.operation;
  context.idempotency_key = write.key;
  if (HasReason(correlation_id)) context.reason = "reason of " + correlation_id;
  if (write.if_match) {
    context.if_match = domain::IfMatch::Parse("\"" + std::to_string(*write.if_match) + "\"");
  }
  context.render = Rendered;
  return context;
}

}  // namespace users::testing
