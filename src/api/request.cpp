#include "api/request.h"

#include <algorithm>

#include "base/text/text.h"

namespace users::api {
namespace {

constexpr std::size_t kMaxCorrelationIdBytes = 128;

// Returns the decoded text. If it cannot be decoded, returns it unchanged and sets `broken`.
std::string Decode(std::string_view text, bool& broken) {
  auto decoded = PercentDecode(text);
  if (decoded && IsValidUtf8(*decoded)) return std::move(*decoded);
  broken = true;
  return std::string(text);
}

}  // namespace

bool IsCorrelationId(std::string_view text) {
  return !text.empty() && text.size() <= kMaxCorrelationIdBytes &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  std::string_view("._:/=+@-").find(c) != std::string_view::npos;
         });
}

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
