#include "maintenance/event_file_checker.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "audit/event.h"
#include "base/files.h"
#include "base/json/json.h"
#include "base/ulid.h"
#include "maintenance/event_lines.h"
#include "maintenance/find_item.h"
#include "service/integrity.h"
#include "service/subject_records.h"
#include "service/user_records.h"

namespace users::maintenance {
namespace {

namespace bj = boost::json;

constexpr std::uint64_t kMaxFaults = 1000;
constexpr std::size_t kMaxUsersOfOneAge = 100'000;
constexpr std::string_view kConsumer = "log";
constexpr std::uint64_t kFirstTailBytes = 1 << 20;

struct ParsedEvent {
  EventOf of;
  bj::object detail;
};

std::optional<ParsedEvent> ParseEvent(std::string_view line) {
  auto parsed = json::ParseFile(line);
  const bj::object* envelope = parsed.ok() ? parsed->if_object() : nullptr;
  const bj::value* detail = envelope != nullptr ? envelope->if_contains("detail") : nullptr;
  if (detail == nullptr || !detail->is_object()) return std::nullopt;
  ParsedEvent event;
  event.detail = detail->get_object();
  const auto subject = json::FindString(event.detail, "subject");
  const auto user_id = json::FindString(event.detail, "userId");
  const bj::value* version = event.detail.if_contains("version");
  bj::error_code error;
  if (subject.has_value() == user_id.has_value() || version == nullptr) return std::nullopt;
  event.of.chain = subject ? *subject : *user_id;
  event.of.version = version->to_number<std::uint64_t>(error);
  const bool is_user = ParseUlid(event.of.chain).has_value();
  const bool is_event = !error && event.of.version > 0 && is_user == user_id.has_value();
  return is_event ? std::optional(std::move(event)) : std::nullopt;
}

EventState CompareParsed(storage::TableStore& store, const ParsedEvent& event) {
  const storage::Key key = service::AuditKey(event.of.chain, event.of.version);
  const auto item = FindItem(store, key);
  if (!item.ok()) return EventState::kUnknown;
  if (!item->has_value()) return EventState::kAbsent;
  const auto entry = service::DecodeAuditEntry(key.partition, key.sort, **item);
  if (!entry.ok()) return EventState::kUnknown;
  const auto expected = json::ParseFile(audit::EventDetail(*entry));
  const bool same = expected.ok() && *expected == bj::value(event.detail);
  return same ? EventState::kSame : EventState::kDifferent;
}

Status CutDurably(const std::string& path, std::uint64_t size) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  const bool done = fd >= 0 && ::ftruncate(fd, static_cast<off_t>(size)) == 0 && ::fsync(fd) == 0;
  const std::string reason = done ? "" : ErrnoText();
  if (fd >= 0) ::close(fd);
  return done ? Status(Done{}) : Status(Error::Unavailable(reason));
}

}  // namespace

EventState Compare(storage::TableStore& store, std::string_view line, EventOf& event) {
  const auto parsed = ParseEvent(line);
  if (!parsed) return EventState::kNoEvent;
  event = parsed->of;
  return CompareParsed(store, *parsed);
}

void EventFileChecker::CheckFile(const std::string& path, const std::function<bool()>& go_on) {
  const std::string name =
      "event file " + service::Printable(std::filesystem::path(path).filename().string());
  const auto read = ForEachEventLine(path, 0, [&](const EventLine& line) {
    CheckLine(name + " line " + std::to_string(line.number), line.text);
    return go_on() && faults_ <= kMaxFaults;
  });
  if (!read.ok()) ReportFault(name, "cannot be read (" + read.error().message + ")");
}

void EventFileChecker::CheckLine(const std::string& place, std::string_view line) {
  EventOf event;
  const EventState state = Compare(store_, line, event);
  if (state != EventState::kNoEvent) Remember(event);
  const std::string which =
      "version " + std::to_string(event.version) + " of " + service::DescribeChain(event.chain);
  switch (state) {
    case EventState::kSame:
      return;
    case EventState::kNoEvent:
      return ReportFault(place, "is not an event");
    case EventState::kAbsent:
      return ReportFault(place, "contains " + which + ", which the store does not have");
    case EventState::kDifferent:
      return ReportFault(place, "is not the event of " + which + " in the store");
    case EventState::kUnknown:
      return ReportFault(place, "contains " + which + ", which cannot be read");
  }
}

void EventFileChecker::Remember(const EventOf& event) {
  std::uint64_t& newest = latest_[event.chain];
  newest = std::max(newest, event.version);
  if (latest_.size() < kMaxUsersOfOneAge) return;
  earlier_ = std::exchange(latest_, {});
}

void EventFileChecker::ReportFault(const std::string& place, std::string what) {
  if (++faults_ < kMaxFaults) return report_(place, std::move(what));
  if (faults_ == kMaxFaults) report_(place, what + "; further faults are not listed");
}

Status CutEventsNotIn(storage::TableStore& store, const std::string& path) {
  std::error_code failed;
  const std::uint64_t size = std::filesystem::file_size(path, failed);
  if (failed) return Error::Unavailable(failed.message());
  for (std::uint64_t tail = kFirstTailBytes;; tail *= 4) {
    const std::uint64_t begin = tail < size ? size - tail : 0;
    bool knows_one = begin == 0;
    bool in_line = begin > 0;  // the file is read from the middle of a line
    std::optional<std::uint64_t> cut;
    const auto read = ForEachEventLine(path, begin, [&](const EventLine& line) {
      if (std::exchange(in_line, false)) return true;
      EventOf event;
      const EventState state = Compare(store, line.text, event);
      if (state == EventState::kAbsent) {
        cut = cut.value_or(line.offset);
      } else if (state != EventState::kNoEvent) {
        knows_one = true;
        cut.reset();
      }
      return true;
    });
    if (!read.ok()) return read;
    if (!knows_one) continue;
    if (!cut) return Done{};
    return CutDurably(path, *cut);
  }
}

// The relay delivers in the order of commitment, so all entries of a user or subject after its last
// event must be in the feed.
void EventFileChecker::CheckThatNoneIsMissing() {
  if (faults_ >= kMaxFaults) return;
  for (const auto& [chain, version] : earlier_) {
    std::uint64_t& newest = latest_[chain];
    newest = std::max(newest, version);
  }
  earlier_.clear();
  Versions undelivered;  // the first entry after the last event, by chain
  for (const auto& [chain, version] : latest_) {
    const auto next = FindItem(store_, service::AuditKey(chain, version + 1));
    if (next.ok() && next->has_value()) undelivered.emplace(chain, version + 1);
  }
  const auto checkpoint = store_.Checkpoint(kConsumer);
  if (!checkpoint.ok()) return;  // reported with the feed
  const auto visit = [&](const storage::local::StoredFeedRecord& record) {
    if (!record.position || !record.key || *record.position <= *checkpoint) return;
    const auto chain = service::AuditChainOf(record.key->partition);
    if (!chain) return;
    const auto found = undelivered.find(std::string(*chain));
    if (found == undelivered.end()) return;
    if (service::AuditKey(*chain, found->second) == *record.key) undelivered.erase(found);
  };
  bool whole = true;
  const auto skip = [&](const storage::local::UnreadableRange&) { whole = false; };
  if (!store_.ForEachFeedRecord(visit, skip).ok() || !whole) return;  // reported with the feed
  for (const auto& [chain, version] : undelivered) {
    ReportFault(service::DescribeChain(chain),
                "version " + std::to_string(version) +
                    " was delivered, but the event files do not have it");
  }
}

}  // namespace users::maintenance
