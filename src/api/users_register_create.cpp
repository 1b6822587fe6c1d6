#include "api/input.h"
#include "api/operations.h"
#include "api/representation.h"
#include "domain/field_rules.h"
#include "domain/handle.h"

namespace users::api {

Task<Result<Response>> UsersRegisterCreate(const Request& request, service::UserService& users) {
  auto input = Input::WithBody(request);
  if (!input.ok()) co_return std::move(input.error());
  json::FieldErrors& errors = input->errors();

  auto context = input->WriteContextOf(Operation::kUsersRegisterCreate, Input::KeyIn::kBody);
  service::NewUser user;
  if (const auto email = input->body().String("email", json::Presence::kRequired)) {
    user.email = CheckHandle(domain::HandleKind::kEmail, *email, errors).value_or("");
  }
  if (const auto name = input->body().String("name", json::Presence::kRequired)) {
    user.name = domain::CheckName(*name, "name", errors).value_or("");
  }
  if (const auto id = input->body().String("externalId", json::Presence::kOptional)) {
    user.external_id = CheckHandle(domain::HandleKind::kExternalId, *id, errors);
  }
  if (const auto name = input->body().String("userName", json::Presence::kOptional)) {
    user.user_name = CheckHandle(domain::HandleKind::kUserName, *name, errors);
  }
  if (const auto* metadata = input->body().Find("metadata", json::Presence::kOptional)) {
    user.metadata =
        domain::CheckMetadata(*metadata, "metadata", errors).value_or(domain::Metadata());
  }
  if (auto faults = input->Finish(); !faults.ok()) co_return std::move(faults.error());

  context.render = [&](const domain::User& created) {
    service::StoredResponse response;
    response.status = 201;
    response.body = UserJson(created, users.roles());
    response.version = created.version;
    response.location = std::string(request.path) + "/" + created.user_id;
    return response;
  };
  auto outcome = co_await users.Register(std::move(context), std::move(user));
  co_return WriteResponse(std::move(outcome));
}

}  // namespace users::api
