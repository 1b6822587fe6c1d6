#include "domain/handle.h"

#include "base/text/text.h"
#include "domain/field_rules.h"

namespace users::domain {
namespace {

template <class T>
const std::string* Find(const T& user, HandleKind kind) {
  switch (kind) {
    case HandleKind::kEmail:
      return &user.email;
    case HandleKind::kExternalId:
      return user.external_id ? &*user.external_id : nullptr;
    case HandleKind::kUserName:
      return user.user_name ? &*user.user_name : nullptr;
  }
  return nullptr;
}

}  // namespace

std::string_view NameOf(HandleKind kind) {
  switch (kind) {
    case HandleKind::kEmail:
      return "email";
    case HandleKind::kExternalId:
      return "externalId";
    case HandleKind::kUserName:
      return "userName";
  }
  return "";
}

std::optional<HandleKind> ParseHandleKind(std::string_view name) {
  for (const HandleKind kind : kHandleKinds) {
    if (name == NameOf(kind)) return kind;
  }
  return std::nullopt;
}

const std::string* HandleOf(const User& user, HandleKind kind) {
  return Find(user, kind);
}

const std::string* HandleOf(const UserSummary& user, HandleKind kind) {
  return Find(user, kind);
}

std::string ComparedForm(HandleKind kind, std::string_view handle) {
  return kind == HandleKind::kExternalId ? std::string(handle) : LowerAscii(handle);
}

std::optional<std::string> CheckHandle(HandleKind kind, std::string_view text,
                                       json::FieldErrors& errors) {
  if (kind == HandleKind::kEmail) return CheckEmail(text, NameOf(kind), errors);
  return CheckIdentifier(text, NameOf(kind), errors);
}

Error HandleInUse(HandleKind kind) {
  std::string_view message;
  ConflictReason reason{};
  switch (kind) {
    case HandleKind::kEmail:
      message = "The email address is in use by another user.";
      reason = ConflictReason::kEmailInUse;
      break;
    case HandleKind::kExternalId:
      message = "The external id is in use by another user.";
      reason = ConflictReason::kExternalIdInUse;
      break;
    case HandleKind::kUserName:
      message = "The user name is in use by another user.";
      reason = ConflictReason::kUserNameInUse;
      break;
  }
  Error error = Error::Of(ErrorCode::kConflict, std::string(message));
  error.conflict_reason = reason;
  return error;
}

}  // namespace users::domain
