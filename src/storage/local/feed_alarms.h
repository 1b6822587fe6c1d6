#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/mutex.h"

namespace users {
class Alarm;
}

namespace users::storage::local {

// The alarms of those who wait for a record of the change feed. Thread-safe.
class FeedAlarms {
 public:
  // Rings the alarm once Ring is called with a newer position than this one. Alarms that nothing
  // else refers to are forgotten.
  void Add(std::uint64_t position, const std::shared_ptr<Alarm>& alarm);

  // Rings the alarms of those who wait for a record up to `newest`, each on its executor.
  void Ring(std::uint64_t newest);

 private:
  struct Waiting {
    std::uint64_t position = 0;
    std::weak_ptr<Alarm> alarm;
  };

  Mutex mutex_;
  std::vector<Waiting> waiting_ USERS_GUARDED_BY(mutex_);
  std::size_t clean_at_ USERS_GUARDED_BY(mutex_) = 64;  // the size at which forgotten alarms go
};

}  // namespace users::storage::local
