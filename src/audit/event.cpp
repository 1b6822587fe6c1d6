#include "audit/event.h"

#include "audit/chain.h"
#include "audit/entry_json.h"
#include "base/json/json.h"

namespace users::audit {

std::string EventDetail(const domain::AuditEntry& entry) {
  return EntryJson(entry, EntryView::kEvent);
}

std::string EventEnvelope(const domain::AuditEntry& entry, const EventOrigin& origin) {
  std::string out;
  out.reserve(1024);
  json::ObjectWriter writer(out);
  writer.String("version", "0");
  writer.String("id", entry.event_id);
  writer.String("detail-type", kEventDetailType);
  writer.String("source", kEventSource);
  writer.String("account", origin.account);
  writer.String("time", FormatSeconds(entry.timestamp));
  writer.String("region", origin.region);
  writer.Raw("resources", "[]");
  writer.Name("detail");
  AppendEntryJson(out, entry, EntryView::kEvent);
  writer.Close();
  return out;
}

Result<std::string> VerifiedEnvelope(const domain::AuditEntry& entry, const EventOrigin& origin) {
  if (HashesMatch(entry)) return EventEnvelope(entry, origin);
  return Error::Of(ErrorCode::kInternal,
                   "entry " + std::to_string(entry.version) +
                       (entry.subject.empty() ? " of user " : " of subject ") + entry.chain() +
                       " does not verify: its hashes do not match its members");
}

}  // namespace users::audit
