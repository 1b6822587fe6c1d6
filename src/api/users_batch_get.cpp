#include <algorithm>

#include "api/input.h"
#include "api/operations.h"
#include "api/representation.h"

namespace users::api {
namespace {

constexpr std::size_t kMaxIds = 100;

// Reads the ids in the order of the request, each once.
std::vector<std::string> ReadIds(Input& input) {
  std::vector<std::string> ids;
  const auto* array = input.body().Array("userIds", json::Presence::kRequired);
  if (array == nullptr) return ids;
  const bool are_texts = std::all_of(array->begin(), array->end(),
                                     [](const auto& element) { return element.is_string(); });
  if (array->empty() || array->size() > kMaxIds || !are_texts) {
    input.errors().Add("userIds", "must be a list of 1 to 100 user ids");
    return ids;
  }
  for (const auto& element : *array) {
    std::string id(element.get_string());
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(std::move(id));
  }
  return ids;
}

std::string BatchJson(const service::UserBatch& batch, const domain::RoleCatalogue& roles) {
  std::string out;
  out.reserve(512 * (batch.users.size() + 1));
  json::ObjectWriter writer(out);
  json::ArrayWriter users = writer.Array("users");
  for (const domain::User& user : batch.users) users.Raw(UserJson(user, roles));
  users.Close();
  writer.Strings("notFound", batch.not_found);
  writer.Close();
  return out;
}

}  // namespace

Task<Result<Response>> UsersBatchGet(const Request& request, service::UserService& users) {
  auto input = Input::WithBody(request);
  if (!input.ok()) co_return std::move(input.error());
  std::vector<std::string> ids = ReadIds(*input);
  if (auto faults = input->Finish(); !faults.ok()) co_return std::move(faults.error());
  auto batch = co_await users.GetUsers(ReadContextOf(request), std::move(ids));
  if (!batch.ok()) co_return std::move(batch.error());
  Response response;
  response.body = BatchJson(*batch, users.roles());
  response.users_shown = batch->users.size();
  co_return response;
}

}  // namespace users::api
