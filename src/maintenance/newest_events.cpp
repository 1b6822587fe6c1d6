#include "maintenance/newest_events.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>
#include <vector>

#include "base/json/json.h"
#include "base/sha256.h"
#include "base/text/text.h"
#include "maintenance/find_item.h"
#include "service/integrity.h"
#include "service/subject_records.h"
#include "service/user_records.h"

namespace users::maintenance {
namespace {

constexpr std::size_t kMaxEvents = 100;
constexpr std::uint64_t kMaxBytes = 1 << 20;

struct Told {
  std::string chain;
  std::uint64_t version = 0;
  std::string hash;
};

// Returns the newest whole lines, oldest first.
Result<std::vector<std::string>> NewestLines(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return std::vector<std::string>();
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const auto size = static_cast<std::uint64_t>(std::max<std::streamoff>(file.tellg(), 0));
  const std::uint64_t begin = size > kMaxBytes ? size - kMaxBytes : 0;
  std::string tail(size - begin, '\0');
  file.seekg(static_cast<std::streamoff>(begin));
  file.read(tail.data(), static_cast<std::streamsize>(tail.size()));
  if (!file) return Error::Unavailable("cannot be read");

  std::string_view rest = tail;
  if (begin > 0) rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1);
  rest = rest.substr(0, rest.rfind('\n') == rest.npos ? 0 : rest.rfind('\n'));
  std::vector<std::string> lines;
  while (!rest.empty() && lines.size() < kMaxEvents) {
    const std::size_t end = rest.rfind('\n');
    lines.emplace_back(end == rest.npos ? rest : rest.substr(end + 1));
    rest = end == rest.npos ? std::string_view() : rest.substr(0, end);
  }
  std::reverse(lines.begin(), lines.end());
  return lines;
}

std::optional<Told> ReadEvent(const std::string& line) {
  const auto parsed = json::ParseFile(line);
  if (!parsed.ok() || !parsed->is_object()) return std::nullopt;
  const auto* detail = parsed->get_object().if_contains("detail");
  if (detail == nullptr || !detail->is_object()) return std::nullopt;
  const auto& entry = detail->get_object();
  auto chain = json::FindString(entry, "userId");
  if (!chain) chain = json::FindString(entry, "subject");
  const auto hash = json::FindString(entry, "hash");
  const auto* version = entry.if_contains("version");
  if (!chain || !hash || version == nullptr || !version->is_int64()) return std::nullopt;
  if (version->get_int64() < 1) return std::nullopt;
  return Told{std::string(*chain), static_cast<std::uint64_t>(version->get_int64()),
              std::string(*hash)};
}

}  // namespace

Result<EventComparison> CompareNewestEvents(const std::string& event_file,
                                            storage::TableStore& store) {
  const auto lines = NewestLines(event_file);
  if (!lines.ok()) return lines.error();
  std::vector<Told> told;
  for (const std::string& line : *lines) {
    auto event = ReadEvent(line);
    if (!event) return Error::Of(ErrorCode::kInternal, "one of its newest lines is not an event");
    told.push_back(std::move(*event));
  }
  EventComparison comparison;
  for (const Told& event : told) {
    const storage::Key key = service::AuditKey(event.chain, event.version);
    const auto item = FindItem(store, key);
    if (!item.ok()) return item.error();
    ++comparison.compared;
    if (*item) {
      const auto entry = service::DecodeAuditEntry(key.partition, key.sort, **item);
      if (entry.ok() && ToHex(entry->hash) == event.hash) continue;
    }
    if (++comparison.missing > 1) continue;
    comparison.first_missing = "version " + std::to_string(event.version) + " of " +
                               service::Printable(service::DescribeChain(event.chain));
  }
  return comparison;
}

}  // namespace users::maintenance
