#include "api/input.h"
#include "api/operations.h"
#include "api/representation.h"
#include "domain/field_rules.h"
#include "domain/handle.h"

namespace users::api {
namespace {

using domain::HandleKind;

// Reads a handle that null removes.
service::HandleChange ReadHandle(HandleKind kind, json::ObjectReader& body,
                                 json::FieldErrors& errors) {
  const auto* value = body.Find(NameOf(kind), json::Presence::kOptional);
  if (value == nullptr) return std::nullopt;
  if (value->is_null()) return std::optional<std::string>();
  if (const auto* text = value->if_string()) return CheckHandle(kind, *text, errors);
  errors.Add(NameOf(kind), "must be a string or null");
  return std::nullopt;
}

// Records a fault if the body changes nothing.
void RequireChange(const json::ObjectReader& body, json::FieldErrors& errors) {
  for (const std::string_view name :
       {"email", "name", "metadata", "metadataChanges", "externalId", "userName"}) {
    if (body.Has(name)) return;
  }
  errors.Add("body",
             "must have at least one of email, name, metadata, metadataChanges, externalId and "
             "userName");
}

}  // namespace

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
  if (email) change.email = CheckHandle(HandleKind::kEmail, *email, errors);
  if (name) change.name = domain::CheckName(*name, "name", errors);
  if (metadata != nullptr) change.metadata = domain::CheckMetadata(*metadata, "metadata", errors);
  if (metadata != nullptr && metadata_changes != nullptr) {
    errors.Add("metadataChanges", "must not be sent together with metadata");
  } else if (metadata_changes != nullptr) {
    change.metadata_changes =
        domain::CheckMetadataChanges(*metadata_changes, "metadataChanges", errors);
  }
  change.external_id = ReadHandle(HandleKind::kExternalId, body, errors);
  change.user_name = ReadHandle(HandleKind::kUserName, body, errors);
  RequireChange(body, errors);
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
