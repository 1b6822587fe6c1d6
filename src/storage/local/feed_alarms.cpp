#include "storage/local/feed_alarms.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "base/async/alarm.h"

namespace users::storage::local {
namespace {

using Alarms = std::vector<std::shared_ptr<Alarm>>;

// The alarms of one executor. A thousand waiters cost the writer one post for each executor.
struct Group {
  Executor executor;
  Alarms alarms;
};

}  // namespace

void FeedAlarms::Add(std::uint64_t position, const std::shared_ptr<Alarm>& alarm) {
  const MutexLock lock(mutex_);
  if (waiting_.size() >= clean_at_) {
    std::erase_if(waiting_, [](const Waiting& one) { return one.alarm.expired(); });
    clean_at_ = std::max<std::size_t>(64, 2 * waiting_.size());
  }
  waiting_.push_back(Waiting{position, alarm});
}

void FeedAlarms::Ring(std::uint64_t newest) {
  std::vector<Waiting> due;
  {
    const MutexLock lock(mutex_);
    if (waiting_.empty()) return;
    const auto is_early = [&](const Waiting& one) { return one.position >= newest; };
    const auto first = std::partition(waiting_.begin(), waiting_.end(), is_early);
    due.assign(std::make_move_iterator(first), std::make_move_iterator(waiting_.end()));
    waiting_.erase(first, waiting_.end());
  }
  std::vector<Group> groups;
  for (const Waiting& one : due) {
    auto alarm = one.alarm.lock();
    if (!alarm) continue;
    const auto of_executor = [&](const Group& group) {
      return group.executor == alarm->executor();
    };
    auto group = std::find_if(groups.begin(), groups.end(), of_executor);
    if (group == groups.end()) group = groups.insert(group, Group{alarm->executor(), {}});
    group->alarms.push_back(std::move(alarm));
  }
  for (Group& group : groups) {
    // The alarms are destroyed on their own thread, because they move into the call.
    boost::asio::post(group.executor, [alarms = std::move(group.alarms)] {
      for (const auto& alarm : alarms) alarm->Ring();
    });
  }
}

}  // namespace users::storage::local
