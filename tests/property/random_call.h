#pragma once

#include <string>

#include "property/calls.h"

namespace users::testing {

// One write by one caller. Many of these run at once. Equal calls with a key are identical
// requests.
struct RandomCall {
  enum class Kind { kRegister, kUpdate, kStatus, kAssign, kRemove };

  RandomCall() = default;

  Kind kind = Kind::kRegister;
  std::string arn = kArns[0];
  std::optional<std::string> key;
  std::optional<std::uint64_t> if_match;
  std::string target;  // empty for a registration
  std::string email;   // empty in an update: unchanged
  std::string name;    // empty in an update: unchanged
  service::HandleChange external_id;
  service::HandleChange user_name;
  domain::UserStatus status = domain::UserStatus::kActive;
  std::string role;
};

// Sets a handle of the call. Without a value, an update removes it, which an email address does not
// allow.
inline void SetHandle(RandomCall& call, domain::HandleKind kind,
                      const std::optional<std::string>& value) {
  switch (kind) {
    case domain::HandleKind::kEmail:
      call.email = value.value_or("");
      break;
    case domain::HandleKind::kExternalId:
      call.external_id = value;
      break;
    case domain::HandleKind::kUserName:
      call.user_name = value;
      break;
  }
}

// Makes the call.
inline Task<Result<service::WriteOutcome>> Perform(service::UserService& users, RandomCall call,
                                                   std::string correlation_id) {
  Model::Write write;
  write.key = call.key;
  write.if_match = call.if_match;
  const auto context = [&](const char* operation) {
    write.operation = operation;
    return ContextOf(write, call.arn, correlation_id);
  };
  service::ProfileChange change;
  if (!call.email.empty()) change.email = call.email;
  if (!call.name.empty()) change.name = call.name;
  change.external_id = call.external_id;
  change.user_name = call.user_name;
  service::NewUser user;
  user.email = call.email;
  user.name = call.name;
  user.external_id = call.external_id.value_or(std::nullopt);
  user.user_name = call.user_name.value_or(std::nullopt);
  switch (call.kind) {
    case RandomCall::Kind::kRegister:
      co_return co_await users.Register(context("register"), user);
    case RandomCall::Kind::kUpdate:
      co_return co_await users.UpdateProfile(context("update"), call.target, change);
    case RandomCall::Kind::kStatus:
      co_return co_await users.SetStatus(context("status"), call.target, call.status);
    case RandomCall::Kind::kAssign:
      co_return co_await users.AssignRole(context("assign"), call.target, call.role);
    case RandomCall::Kind::kRemove:
      co_return co_await users.RemoveRole(context("remove"), call.target, call.role);
  }
  co_return Error::Internal();
}

}  // namespace users::testing
