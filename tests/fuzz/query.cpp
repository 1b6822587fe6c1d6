// Targets of requests: routes (api/routes.h) and queries (api/request.h, api/input.h). The input is
// the method and the target, as in a request line without the version.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "api/input.h"
#include "api/request.h"
#include "api/routes.h"
#include "base/text/text.h"
#include "fuzz.h"

namespace users::fuzz {
namespace {

std::string Encoded(std::string_view text) {
  std::string encoded;
  AppendPercentEncoded(encoded, text, /*keep_slash=*/false);
  return encoded;
}

bool IsListed(std::string_view list, std::string_view method) {
  for (const std::string_view part : Split(list, ',')) {
    if (TrimSpaces(part) == method) return true;
  }
  return false;
}

void CheckRoute(std::string_view method, std::string_view path) {
  const api::Route route = api::FindRoute(method, path);
  if (!route.path_exists) {
    PROMISE(!route.operation && route.allow.empty() && route.decoded_path.empty());
    return;
  }
  PROMISE(!route.allow.empty());
  PROMISE(route.operation.has_value() == IsListed(route.allow, method));

  // Policies and the handler see the same segments, each decoded once.
  const auto raw = Split(path.substr(1), '/');
  const auto decoded = Split(std::string_view(route.decoded_path).substr(1), '/');
  PROMISE(raw.size() == decoded.size() && raw.size() <= 4);
  PROMISE(decoded[0] == "users" || decoded[0] == "audit" || decoded[0] == "events");
  for (std::size_t i = 0; i < raw.size(); ++i) {
    PROMISE(PercentDecode(raw[i]) == decoded[i]);
    PROMISE(!decoded[i].empty() && decoded[i] != "." && decoded[i] != "..");
    PROMISE(IsValidUtf8(decoded[i]) && decoded[i].find('\0') == std::string_view::npos);
  }
  const bool has_user =
      route.operation && RowOf(*route.operation).path.find("{userId}") != std::string_view::npos;
  PROMISE(has_user ? route.user_id == decoded[1] : !route.operation || route.user_id.empty());
  // The fourth segment is a role or a time.
  PROMISE(route.role.empty() || route.time.empty());
  PROMISE(route.role + route.time == (raw.size() > 3 ? decoded[3] : std::string_view()));

  // Any other encoding of the path leads to the same route.
  std::string encoded;
  std::string all_encoded;
  for (const std::string_view segment : decoded) {
    encoded += "/" + Encoded(segment);
    all_encoded += '/';
    for (const char c : segment) {
      char triplet[4];
      std::snprintf(triplet, sizeof triplet, "%%%02x", static_cast<unsigned char>(c));
      all_encoded += triplet;
    }
  }
  for (const std::string& other : {encoded, all_encoded}) {
    const api::Route again = api::FindRoute(method, other);
    PROMISE(again.path_exists && again.operation == route.operation);
    PROMISE(again.decoded_path == route.decoded_path && again.allow == route.allow);
  }
  // These paths do not exist.
  for (const std::string_view tail : {"/", "%2F", "%2f", "%00", "%", "/.", "/..", "/%2e", "\xFF"}) {
    PROMISE(!api::FindRoute(method, std::string(path) + std::string(tail)).path_exists);
  }
  PROMISE(!api::FindRoute(method, "/" + std::string(path)).path_exists);
}

bool Same(const api::QueryParameter& a, const api::QueryParameter& b) {
  return a.name == b.name && a.value == b.value && a.broken == b.broken;
}

void CheckQuery(std::string_view query) {
  const auto parameters = api::ParseQuery(query);
  PROMISE(parameters.size() <= Split(query, '&').size());
  std::string rewritten;
  bool broken = false;
  for (const api::QueryParameter& parameter : parameters) {
    broken = broken || parameter.broken;
    if (!parameter.broken) {
      PROMISE(IsValidUtf8(parameter.name) && IsValidUtf8(parameter.value));
      rewritten += "&" + Encoded(parameter.name) + "=" + Encoded(parameter.value);
    }
  }
  if (!broken) {
    const auto again = api::ParseQuery(rewritten);
    PROMISE(std::equal(again.begin(), again.end(), parameters.begin(), parameters.end(), Same));
  }
}

// The query of a list, validated as the operation does: it is accepted only if every parameter is
// known, complete and present once.
void CheckListQuery(std::string_view query) {
  api::Request request;
  request.query = api::ParseQuery(query);
  api::Input input = api::Input::WithoutBody(request);
  const std::size_t limit = input.Limit();
  PROMISE(limit >= 1 && limit <= 100);
  const auto status = input.Query("status");
  for (const char* name : {"email", "externalId", "userName", "role"}) input.Query(name);
  input.Query("nextToken");
  const auto finished = input.Finish();
  if (!finished.ok()) {
    PROMISE(finished.error().code == ErrorCode::kValidation && !finished.error().fields.empty());
    return;
  }
  std::vector<std::string> names;
  for (const api::QueryParameter& parameter : request.query) {
    PROMISE(!parameter.broken);
    if (parameter.name == "limit") PROMISE(parameter.value == std::to_string(limit));
    if (parameter.name == "status") PROMISE(status == parameter.value);
    names.push_back(parameter.name);
  }
  std::sort(names.begin(), names.end());
  PROMISE(std::adjacent_find(names.begin(), names.end()) == names.end());
  for (const std::string& name : names) {
    PROMISE(name == "limit" || name == "status" || name == "email" || name == "externalId" ||
            name == "userName" || name == "role" || name == "nextToken");
  }
}

void Test(std::string_view input) {
  const std::size_t space = std::min(input.find(' '), input.size());
  const std::string_view method = input.substr(0, space);
  const std::string_view target = input.substr(std::min(space + 1, input.size()));
  const std::size_t question = std::min(target.find('?'), target.size());
  CheckRoute(method, target.substr(0, question));
  const std::string_view query = target.substr(std::min(question + 1, target.size()));
  CheckQuery(query);
  CheckListQuery(query);
}

}  // namespace
}  // namespace users::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  users::fuzz::Test(users::fuzz::AsInput(data, size));
  return 0;
}
