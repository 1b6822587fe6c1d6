#pragma once

#include <atomic>
#include <chrono>
#include <functional>

#include "base/async/background_task.h"
#include "base/async/task.h"
#include "base/clock.h"

namespace users::server {

// Checks regularly, on its own thread, whether the store still works. Reading the result never
// waits, even if the attempt hangs. The rules for the lifetime are those of BackgroundTask.
class StoreProbe {
 public:
  // The times of a probe.
  struct Options {
    std::chrono::milliseconds interval;
    std::chrono::milliseconds attempt_time;  // the deadline of each attempt
    std::chrono::milliseconds max_age;       // the probe passes while the last success is younger
  };
  // Returns whether it succeeded.
  using Attempt = std::function<Task<bool>(Deadline deadline)>;

  // Passes at first, because the store has just been opened.
  StoreProbe(Attempt attempt, const Options& options);

  // Returns whether the last success is younger than `max_age`. Thread-safe; never waits.
  bool Passes() const;
  void Stop() { task_.Stop(); }

 private:
  Task<void> Run();

  const Attempt attempt_;
  const Options options_;
  std::atomic<Deadline> last_success_;
  BackgroundTask task_;
};

}  // namespace users::server
