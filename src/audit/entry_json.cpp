#include "audit/entry_json.h"

#include <span>

#include "base/json/json.h"

namespace users::audit {
namespace {

constexpr std::size_t kUsualBytes = 1024;

// The members of an entry. The two JSON forms write them in different orders.
class EntryWriter {
 public:
  EntryWriter(std::string& out, const domain::AuditEntry& entry)
      : out_(out), entry_(entry), writer_(out) {}

  void EventId() { writer_.String("eventId", entry_.event_id); }
  void Schema() { writer_.Number("schema", domain::kAuditSchema); }
  void UserId() {
    if (entry_.subject.empty()) writer_.String("userId", entry_.user_id);
  }
  void Subject() {
    if (!entry_.subject.empty()) writer_.String("subject", entry_.subject);
  }
  void Version() { writer_.Number("version", static_cast<std::int64_t>(entry_.version)); }
  void Time() { writer_.String("timestamp", FormatTimestamp(entry_.timestamp)); }
  void Action() { writer_.String("action", entry_.action); }
  void Actor() { writer_.String("actor", entry_.actor); }
  void AccessKeyId() {
    if (entry_.subject.empty()) writer_.String("accessKeyId", entry_.access_key_id);
  }
  void CorrelationId() { writer_.String("correlationId", entry_.correlation_id); }
  void Reason() { Optional("reason", entry_.reason); }
  void Role() { Optional("role", entry_.role); }
  void Status() { Optional("status", entry_.status); }
  void ChangedFields() {
    if (entry_.changed_fields) writer_.Strings("changedFields", *entry_.changed_fields);
  }
  void Changes(std::string_view changes) { writer_.Raw("changes", changes); }
  void Salt() { Hex("salt", entry_.salt); }
  void ChangesHash() { Hex("changesHash", entry_.changes_hash); }
  void PrevHash() { Hex("prevHash", entry_.prev_hash); }
  void Hash() { Hex("hash", entry_.hash); }
  void Close() { writer_.Close(); }

 private:
  void Optional(std::string_view name, const std::optional<std::string>& value) {
    if (value) writer_.String(name, *value);
  }
  void Hex(std::string_view name, std::span<const std::uint8_t> bytes) {
    writer_.Name(name);
    out_ += '"';
    AppendHex(out_, bytes);
    out_ += '"';
  }

  std::string& out_;
  const domain::AuditEntry& entry_;
  json::ObjectWriter writer_;
};

}  // namespace

void AppendEntryJson(std::string& out, const domain::AuditEntry& entry, EntryView view) {
  EntryWriter writer(out, entry);
  writer.EventId();
  writer.Schema();
  writer.UserId();
  writer.Subject();
  writer.Version();
  writer.Time();
  writer.Action();
  writer.Actor();
  writer.AccessKeyId();
  writer.CorrelationId();
  writer.Reason();
  writer.Role();
  writer.Status();
  writer.ChangedFields();
  if (view == EntryView::kWhole) {
    writer.Changes(entry.changes);
    writer.Salt();
  } else {
    writer.Changes(entry.subject.empty() ? domain::RedactChanges(entry.changes)
                                         : domain::RedactAllChanges(entry.changes));
  }
  writer.ChangesHash();
  writer.PrevHash();
  writer.Hash();
  writer.Close();
}

std::string EntryJson(const domain::AuditEntry& entry, EntryView view) {
  std::string out;
  out.reserve(kUsualBytes);
  AppendEntryJson(out, entry, view);
  return out;
}

std::string HashedEntryJson(const domain::AuditEntry& entry) {
  std::string out;
  out.reserve(kUsualBytes);
  EntryWriter writer(out, entry);
  writer.AccessKeyId();
  writer.Action();
  writer.Actor();
  writer.ChangedFields();
  writer.ChangesHash();
  writer.CorrelationId();
  writer.EventId();
  writer.PrevHash();
  writer.Reason();
  writer.Role();
  writer.Schema();
  writer.Status();
  writer.Subject();
  writer.Time();
  writer.UserId();
  writer.Version();
  writer.Close();
  return out;
}

}  // namespace users::audit
