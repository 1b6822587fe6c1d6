#include "maintenance/feed_checker.h"

#include <algorithm>
#include <utility>

#include "maintenance/find_item.h"
#include "service/subject_records.h"
#include "service/user_records.h"

namespace users::maintenance {
namespace {

// All consumers of this program.
constexpr std::string_view kConsumers[] = {"log", "search"};
constexpr std::size_t kMaxUsersOfOneAge = 500'000;

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
  if (visited.ok()) {
    visited = store_.ForEachFeedRecord(
        [this](const storage::local::StoredFeedRecord& record) { CheckRecord(record); }, skip);
  }
  if (!visited.ok()) {
    report_("change feed", "cannot be read to its end (" + visited.error().message + ")");
    return;
  }
  if (after_gap_) return;  // the last recorded users are unknown
  for (const auto& [chain, version] : latest_) CheckNewest(chain, version);
  for (const auto& [chain, version] : earlier_) {
    if (!latest_.contains(chain)) CheckNewest(chain, version);
  }
  if (greatest_checkpoint_ > last_) {
    report_("change feed", "ends at " + std::to_string(last_) + ", but a checkpoint is at " +
                               std::to_string(greatest_checkpoint_));
  }
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
  greatest_checkpoint_ = std::max(greatest_checkpoint_, *checkpoint.position);
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
    report_(place, "still exists, but the feed begins after it");
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
  const auto previous = Remember(entry->chain(), entry->version);
  if (previous && entry->version != *previous + 1) {
    report_(place, "records version " + std::to_string(entry->version) + " of " +
                       service::DescribeChain(entry->chain()) + " after version " +
                       std::to_string(*previous));
  }
  if (previous) return;
  const bool could_be = knows_all_users_ && passed_ <= begin_;
  passed_ += entry->version - 1;
  if (could_be && passed_ > begin_) {
    report_(place, "records version " + std::to_string(entry->version) + " of " +
                       service::DescribeChain(entry->chain()) + " without the versions before it");
  }
}

std::optional<std::uint64_t> FeedChecker::Remember(const std::string& chain,
                                                   std::uint64_t version) {
  if (latest_.size() >= kMaxUsersOfOneAge) {
    knows_all_users_ = knows_all_users_ && earlier_.empty();
    earlier_ = std::exchange(latest_, {});
  }
  std::optional<std::uint64_t> previous;
  if (const auto found = earlier_.find(chain); found != earlier_.end()) previous = found->second;
  const auto [known, is_new] = latest_.try_emplace(chain, version);
  if (!is_new) previous = std::exchange(known->second, version);
  return previous;
}

// The skipped records are unknown, so the order of versions starts anew after them.
void FeedChecker::Skip(const storage::local::UnreadableRange& range) {
  report_("change feed",
          "cannot be read after position " + std::to_string(last_) + ": " + DamageIn(range));
  latest_.clear();
  earlier_.clear();
  knows_all_users_ = false;
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
