#include "audit/event.h"

#include "audit/entry_json.h"
#include "base/json/json.h"

namespace users::audit {
namespace {

// A UUID of version 8 (RFC 9562), whose bits are defined by the application. They are taken from
// the entry's hash.
std::string IdOf(const domain::AuditEntry& entry) {
  std::string hex = ToHex(std::span(entry.hash).first<16>());
  hex[12] = '8';
  hex[16] = "89ab"[entry.hash[8] >> 6];
  for (const std::size_t at : {20, 16, 12, 8}) hex.insert(at, 1, '-');
  return hex;
}

}  // namespace

std::string EventDetail(const domain::AuditEntry& entry) {
  return EntryJson(entry, EntryView::kEvent);
}

std::string EventEnvelope(const domain::AuditEntry& entry, const EventOrigin& origin) {
  std::string out;
  out.reserve(1024);
  json::ObjectWriter writer(out);
  writer.String("version", "0");
  writer.String("id", IdOf(entry));
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

}  // namespace users::audit
