#include "api/representation.h"

#include "base/json/json.h"

namespace users::api {
namespace {

std::int64_t Number(std::uint64_t version) {
  return static_cast<std::int64_t>(version);
}

// Writes the members that users and their summaries begin with.
template <class T>
void WriteIdentity(json::ObjectWriter& writer, const T& user) {
  writer.String("userId", user.user_id);
  writer.String("email", user.email);
  writer.String("name", user.name);
  if (user.external_id) writer.String("externalId", *user.external_id);
  if (user.user_name) writer.String("userName", *user.user_name);
  writer.String("status", NameOf(user.status));
  writer.Strings("roles", user.roles);
}

// Writes the members of a user. The permissions are null if they are not known.
void WriteUser(json::ObjectWriter& writer, const domain::User& user,
               const std::vector<std::string>* permissions) {
  WriteIdentity(writer, user);
  if (permissions != nullptr) {
    writer.Strings("permissions", *permissions);
  } else {
    writer.Raw("permissions", "null");
  }
  writer.Texts("metadata", user.metadata);
  writer.Number("version", Number(user.version));
  writer.Time("createdAt", user.created_at);
  writer.Time("updatedAt", user.updated_at);
}

}  // namespace

std::string UserJson(const domain::User& user, const domain::RoleCatalogue& roles) {
  const std::vector<std::string> permissions = roles.PermissionsOf(user.roles);
  std::string out;
  out.reserve(512);
  json::ObjectWriter writer(out);
  WriteUser(writer, user, &permissions);
  writer.Close();
  return out;
}

std::string PastUserJson(const service::PastUser& past) {
  std::string out;
  json::ObjectWriter writer(out);
  WriteUser(writer, past.user, past.catalogue_version ? &past.permissions : nullptr);
  writer.Time("at", past.at);
  if (past.catalogue_version) {
    writer.Number("catalogueVersion", Number(*past.catalogue_version));
  } else {
    writer.Raw("catalogueVersion", "null");
  }
  writer.Close();
  return out;
}

void AppendSummary(std::string& out, const domain::UserSummary& user) {
  json::ObjectWriter writer(out);
  WriteIdentity(writer, user);
  writer.Time("createdAt", user.created_at);
  writer.Number("version", Number(user.version));
  writer.Close();
}

service::StoredResponse StatusResponse(const domain::User& user) {
  service::StoredResponse response;
  response.status = 200;
  response.version = user.version;
  json::ObjectWriter writer(response.body);
  writer.String("userId", user.user_id);
  writer.String("status", NameOf(user.status));
  writer.Number("version", Number(user.version));
  writer.Time("updatedAt", user.updated_at);
  writer.Close();
  return response;
}

service::StoredResponse RolesResponse(const domain::User& user) {
  service::StoredResponse response;
  response.status = 200;
  response.version = user.version;
  json::ObjectWriter writer(response.body);
  writer.String("userId", user.user_id);
  writer.Strings("roles", user.roles);
  writer.Number("version", Number(user.version));
  writer.Time("updatedAt", user.updated_at);
  writer.Close();
  return response;
}

Result<Response> WriteResponse(Result<service::WriteOutcome> outcome) {
  if (!outcome.ok()) return std::move(outcome.error());
  Response response;
  response.status = outcome->response.status;
  response.body = std::move(outcome->response.body);
  response.version = outcome->response.version;
  response.location = std::move(outcome->response.location);
  response.replayed = outcome->replayed;
  response.user_id = std::move(outcome->user_id);
  return response;
}

}  // namespace users::api
