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

std::string AuditPageJson(const std::vector<domain::AuditEntry>& entries,
                          const std::string& next_token) {
  std::string out;
  json::ObjectWriter writer(out);
  json::ArrayWriter array = writer.Array("auditLogs");
  for (const domain::AuditEntry& entry : entries) {
    array.Next();
    audit::AppendEntryJson(out, entry, audit::EntryView::kWhole);
  }
  array.Close();
  if (!next_token.empty()) writer.String("nextToken", next_token);
  writer.Close();
  return out;
}

std::optional<std::uint64_t> NumberInToken(std::string_view token, std::string_view scope) {
  const auto position = service::DecodePageToken(token, scope);
  if (!position) return std::nullopt;
  const auto number = ParseNumber<std::uint64_t>(*position);
  return number && *number > 0 ? number : std::nullopt;
}

}  // namespace users::api
