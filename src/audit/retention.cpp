#include "audit/retention.h"

#include <algorithm>
#include <limits>

namespace users::audit {
namespace {

using std::chrono::milliseconds;

// The number of records that one write removes.
constexpr std::uint64_t kBatch = 1024;
constexpr milliseconds kPauseBetweenBatches{10};
// The interval of the search for old records: a twentieth of the retention, within these limits.
constexpr milliseconds kMinInterval{50};
constexpr milliseconds kMaxInterval{60'000};

}  // namespace

Retention::Retention(storage::ChangeFeed& feed, EntryDecoder decode,
                     std::vector<std::string> consumers, const Clock& clock, milliseconds age,
                     const Log& log)
    : feed_(feed),
      decode_(std::move(decode)),
      consumers_(std::move(consumers)),
      clock_(clock),
      age_(age),
      log_(log),
      thread_([this] { Run(); }) {}

Retention::~Retention() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  stop_.NotifyAll();
  thread_.join();
}

void Retention::Run() {
  const milliseconds interval = std::clamp(age_ / 20, kMinInterval, kMaxInterval);
  MutexLock lock(mutex_);
  while (!stopping_) {
    lock.Unlock();
    const auto more = RemoveBatch();
    if (!more.ok()) log_.Error("retention_failed").Text("reason", more.error().message);
    const milliseconds pause = more.ok() && *more ? kPauseBetweenBatches : interval;
    lock.Lock();
    stop_.WaitFor(mutex_, pause, [&]() USERS_REQUIRES(mutex_) { return stopping_; });
  }
}

Result<bool> Retention::RemoveBatch() {
  const auto oldest = feed_.Read(0, 1);
  if (!oldest.ok()) return oldest.error();
  if (oldest->empty()) return false;
  const std::uint64_t before = oldest->front().position - 1;
  const auto delivered = Delivered();
  if (!delivered.ok()) return delivered.error();
  // Only one entry is read for a whole batch: entries are in the order of time, except for what the
  // clock and simultaneous requests make of it.
  for (std::uint64_t count = kBatch; count > 0; count /= 2) {
    const auto last = feed_.Read(before + count - 1, 1);
    if (!last.ok()) return last.error();
    if (last->empty() || !IsOld(last->front(), *delivered)) continue;
    const std::uint64_t up_to = last->front().position;
    if (auto removed = feed_.Remove(up_to); !removed.ok()) return removed.error();
    removed_ += up_to - before;
    if (up_to > *delivered) {
      log_.Warning("events_expired")
          .Text("meaning", "a consumer had not delivered them within twice the retention")
          .Number("events", static_cast<std::int64_t>(up_to - std::max(before, *delivered)));
    }
    return true;
  }
  return false;
}

Result<std::uint64_t> Retention::Delivered() const {
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
  for (const std::string& consumer : consumers_) {
    const auto position = feed_.Checkpoint(consumer);
    if (!position.ok()) return position.error();
    least = std::min(least, *position);
  }
  return least;
}

bool Retention::IsOld(const storage::FeedRecord& record, std::uint64_t delivered) const {
  const auto entry = decode_(record);
  // The time of a broken entry is unknown. It goes with the first later entry that is old.
  if (!entry.ok()) return false;
  const milliseconds kept = record.position <= delivered ? age_ : 2 * age_;
  return entry->timestamp < clock_.Now() - kept;
}

}  // namespace users::audit
