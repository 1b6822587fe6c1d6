#include "api/users_page.h"

#include "api/representation.h"
#include "base/json/json.h"
#include "base/ulid.h"
#include "service/page_token.h"

namespace users::api {

std::optional<std::string> UserInToken(std::string_view token, std::string_view scope) {
  auto position = service::DecodePageToken(token, scope);
  if (!position || !ParseUlid(*position)) return std::nullopt;
  return position;
}

Response UsersPage(const service::ListPage& page, std::string_view scope) {
  Response response;
  response.body.reserve(256 * (page.users.size() + 1));
  json::ObjectWriter writer(response.body);
  json::ArrayWriter users = writer.Array("users");
  for (const domain::UserSummary& user : page.users) {
    users.Next();
    AppendSummary(response.body, user);
  }
  users.Close();
  if (page.continue_after) {
    writer.String("nextToken", service::EncodePageToken(*page.continue_after, scope));
  }
  writer.Close();
  response.users_shown = page.users.size();
  return response;
}

}  // namespace users::api
