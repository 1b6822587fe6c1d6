#include "api/audit_page.h"

#include <algorithm>

#include "audit/entry_json.h"
#include "base/json/json.h"
#include "base/text/text.h"
#include "service/page_token.h"

namespace users::api {

std::optional<std::string> ReadAction(Input& input, std::span<const std::string_view> known) {
  const auto action = input.Query("action");
  if (!action) return std::nullopt;
  if (std::find(known.begin(), known.end(), *action) == known.end()) {
    std::string message = "must be ";
    for (const std::string_view name : known) {
      if (name == known.back())
        message += " or ";
      else if (name != known.front())
        message += ", ";
      message += name;
    }
    input.errors().Add("action", message);
  }
  return std::string(*action);
}

Response AuditPage(const std::vector<domain::AuditEntry>& entries,
                   std::optional<std::uint64_t> continue_after, std::string_view scope) {
  Response response;
  json::ObjectWriter writer(response.body);
  json::ArrayWriter array = writer.Array("auditLogs");
  for (const domain::AuditEntry& entry : entries) {
    array.Next();
    audit::AppendEntryJson(response.body, entry, audit::EntryView::kWhole);
  }
  array.Close();
  if (continue_after) {
    writer.String("nextToken", service::EncodePageToken(std::to_string(*continue_after), scope));
  }
  writer.Close();
  return response;
}

std::optional<std::uint64_t> NumberInToken(std::string_view token, std::string_view scope) {
  const auto position = service::DecodePageToken(token, scope);
  if (!position) return std::nullopt;
  const auto number = ParseNumber<std::uint64_t>(*position);
  return number && *number > 0 ? number : std::nullopt;
}

}  // namespace users::api
