#include "api/request.h"

#include "base/text.h"

namespace users::api {
namespace {

// The decoded text, or the text as it is, and then broken.
std::string Decode(std::string_view text, bool& broken) {
  auto decoded = PercentDecode(text);
  if (decoded && IsValidUtf8(*decoded)) return std::move(*decoded);
  broken = true;
  return std::string(text);
}

}  // namespace

std::vector<QueryParameter> ParseQuery(std::string_view query) {
  std::vector<QueryParameter> parameters;
  if (query.empty()) return parameters;
  for (PartReader reader(query, '&'); const auto part = reader.Next();) {
    if (part->empty()) continue;
    const std::size_t equals = part->find('=');
    QueryParameter parameter;
    parameter.name = Decode(part->substr(0, equals), parameter.broken);
    if (equals != part->npos) parameter.value = Decode(part->substr(equals + 1), parameter.broken);
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

}  // namespace users::api
