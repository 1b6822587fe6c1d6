#include "audit/entry_json.h"

#include "base/json.h"

namespace users::audit {

std::string EntryJson(const domain::AuditEntry& entry, EntryView view) {
  std::string out;
  json::ObjectWriter writer(out);
  writer.String("eventId", entry.event_id);
  writer.Number("schema", domain::kAuditSchema);
  writer.String("userId", entry.user_id);
  writer.Number("version", static_cast<std::int64_t>(entry.version));
  writer.String("timestamp", FormatTimestamp(entry.timestamp));
  writer.String("action", entry.action);
  writer.String("actor", entry.actor);
  writer.String("accessKeyId", entry.access_key_id);
  writer.String("correlationId", entry.correlation_id);
  if (view == EntryView::kWhole) {
    writer.Raw("changes", entry.changes);
    writer.String("salt", ToHex(entry.salt));
  } else if (view == EntryView::kEvent) {
    writer.Raw("changes", domain::RedactChanges(entry.changes));
  }
  writer.String("changesHash", ToHex(entry.changes_hash));
  writer.String("prevHash", ToHex(entry.prev_hash));
  if (view != EntryView::kHashed) writer.String("hash", ToHex(entry.hash));
  writer.Close();
  return out;
}

}  // namespace users::audit
