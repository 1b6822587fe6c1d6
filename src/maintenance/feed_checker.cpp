#include "maintenance/feed_checker.h"

#include <algorithm>

#include "maintenance/find_item.h"
#include "service/subject_records.h"
#include "service/user_records.h"

namespace users::maintenance {
namespace {

// All consumers of this program.
constexpr std::string_view kConsumers[] = {"log"};

std::string RecordPlace(std::uint64_t position) {
  return "change feed record " + std::to_string(position);
}

}  // namespace

std::string DamageIn(const storage::local::UnreadableRange& range) {
  return (range.file.empty() ? std::string("damaged (") : range.file + " is damaged (") +
         range.reason + ")";
}

void FeedChecker::Check(std::optional<std::uint64_t> entries) {
  const auto skip = [this](const storage::local::UnreadableRange& range) { Skip(range); };
  auto visited = store_.ForEachCheckpoint(
      [this](const storage::local::StoredCheckpoint& checkpoint) { CheckCheckpoint(checkpoint); },
      skip);
  expected_ = passed_by_all_.value_or(0) + 1;
  if (visited.ok()) {
    visited = store_.ForEachFeedRecord(
        [this](const storage::local::StoredFeedRecord& record) { CheckRecord(record); }, skip);
  }
  if (!visited.ok()) {
    report_("change feed", "cannot be read to its end (" + visited.error().message + ")");
    return;
  }
  if (after_gap_) return;  // the last recorded users are unknown
  for (const auto& [chain, version] : newest_told_) CheckNewest(chain, version);
  if (entries && *entries != last_) {
    report_("change feed", "has recorded " + std::to_string(last_) +
                               " audit entries, and there are " + std::to_string(*entries));
  }
}

void FeedChecker::CheckCheckpoint(const storage::local::StoredCheckpoint& checkpoint) {
  const std::string place = "checkpoint " + service::Printable(checkpoint.consumer);
  if (!checkpoint.position) {
    report_(place, "is broken");
    return;
  }
  if (std::find(std::begin(kConsumers), std::end(kConsumers), checkpoint.consumer) ==
      std::end(kConsumers)) {
    report_(place, "is of no consumer that this program has");
  }
  passed_by_all_ = std::min(passed_by_all_.value_or(*checkpoint.position), *checkpoint.position);
  last_ = std::max(last_, *checkpoint.position);
}

void FeedChecker::CheckRecord(const storage::local::StoredFeedRecord& record) {
  if (!record.position) {
    report_("change feed", "has a record without a position");
    return;
  }
  const std::uint64_t position = *record.position;
  const std::string place = RecordPlace(position);
  if (after_gap_) {
    after_gap_ = false;
    expected_ = position;
  }
  if (position < expected_) {
    report_(place, "still exists, but the checkpoint has passed it");
  } else if (position > expected_) {
    report_(RecordPlace(expected_), "is missing; the next one is " + std::to_string(position));
  }
  expected_ = std::max(expected_, position + 1);
  last_ = std::max(last_, position);
  if (record.key) {
    CheckPointer(place, *record.key);
  } else {
    report_(place, "is broken");
  }
}

void FeedChecker::CheckPointer(const std::string& place, const storage::Key& key) {
  const auto item = FindItem(store_, key);
  const auto entry = item.ok() && item->has_value()
                         ? service::DecodeAuditEntry(key.partition, key.sort, **item)
                         : Result<domain::AuditEntry>(Error::Internal());
  if (!entry.ok() || !(service::AuditKey(entry->chain(), entry->version) == key)) {
    report_(place, "does not refer to an audit entry, but to " + service::PlaceOf(key));
    return;
  }
  const auto [told, is_first] = newest_told_.try_emplace(entry->chain(), entry->version);
  if (!is_first && entry->version != told->second + 1) {
    report_(place, "records version " + std::to_string(entry->version) + " of " +
                       service::DescribeChain(entry->chain()) + " after version " +
                       std::to_string(told->second));
  }
  told->second = entry->version;
  if (!is_first) return;
  const std::uint64_t can_be = passed_by_all_.value_or(0);
  const bool could_be = is_whole_ && passed_ <= can_be;
  passed_ += entry->version - 1;
  if (could_be && passed_ > can_be) {
    report_(place, "records version " + std::to_string(entry->version) + " of " +
                       service::DescribeChain(entry->chain()) + " without the versions before it");
  }
}

// The skipped records are unknown, so the order of versions starts anew after them.
void FeedChecker::Skip(const storage::local::UnreadableRange& range) {
  report_("change feed",
          "cannot be read after position " + std::to_string(last_) + ": " + DamageIn(range));
  newest_told_.clear();
  is_whole_ = false;
  after_gap_ = true;
}

void FeedChecker::CheckNewest(const std::string& chain, std::uint64_t version) {
  const auto next = FindItem(store_, service::AuditKey(chain, version + 1));
  if (next.ok() && next->has_value()) {
    report_("change feed", "does not record version " + std::to_string(version + 1) + " of " +
                               service::DescribeChain(chain));
  }
}

}  // namespace users::maintenance
