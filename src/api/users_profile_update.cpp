#include "api/input.h"
#include "api/operations.h"
#include "api/representation.h"
#include "domain/field_rules.h"

namespace users::api {

Task<Result<Response>> UsersProfileUpdate(const Request& request, service::UserService& users) {
  auto input = Input::WithBody(request);
  if (!input.ok()) co_return std::move(input.error());
  json::FieldErrors& errors = input->errors();
  json::ObjectReader& body = input->body();

  auto context = input->WriteContextOf(Operation::kUsersProfileUpdate, Input::KeyIn::kBody);
  context.if_match = input->IfMatch();
  const auto email = body.String("email", json::Presence::kOptional);
  const auto name = body.String("name", json::Presence::kOptional);
  const auto* metadata = body.Find("metadata", json::Presence::kOptional);
  const auto* metadata_changes = body.Find("metadataChanges", json::Presence::kOptional);
  service::ProfileChange change;
  if (email) change.email = domain::CheckEmail(*email, "email", errors);
  if (name) change.name = domain::CheckName(*name, "name", errors);
  if (metadata != nullptr) change.metadata = domain::CheckMetadata(*metadata, "metadata", errors);
  if (metadata != nullptr && metadata_changes != nullptr) {
    errors.Add("metadataChanges", "must not be sent together with metadata");
  } else if (metadata_changes != nullptr) {
    change.metadata_changes =
        domain::CheckMetadataChanges(*metadata_changes, "metadataChanges", errors);
  }
  if (!body.Has("email") && !body.Has("name") && metadata == nullptr &&
      metadata_changes == nullptr) {
    errors.Add("body", "must have at least one of email, name, metadata and metadataChanges");
  }
  if (auto faults = input->Finish(); !faults.ok()) co_return std::move(faults.error());

  context.render = [&](const domain::User& changed) {
    service::StoredResponse response;
    response.status = 200;
    response.body = UserJson(changed, users.roles());
    response.version = changed.version;
    return response;
  };
  auto outcome =
      co_await users.UpdateProfile(std::move(context), request.user_id, std::move(change));
  co_return WriteResponse(std::move(outcome));
}

}  // namespace users::api
