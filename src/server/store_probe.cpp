#include "server/store_probe.h"

#include "base/async/timer.h"

namespace users::server {

StoreProbe::StoreProbe(Attempt attempt, const Options& options)
    : attempt_(std::move(attempt)),
      options_(options),
      last_success_(std::chrono::steady_clock::now()) {
  task_.Start([this] { return Run(); });
}

bool StoreProbe::Passes() const {
  return std::chrono::steady_clock::now() - last_success_.load() < options_.max_age;
}

Task<void> StoreProbe::Run() {
  while (true) {
    const Deadline begin = std::chrono::steady_clock::now();
    const Deadline deadline = begin + options_.attempt_time;
    const bool succeeded = co_await attempt_(deadline);
    // An attempt counts from its beginning, so one that hung for long does not make the probe pass
    // at its end.
    if (succeeded) last_success_ = begin;
    const Deadline next = begin + options_.interval;
    co_await SleepUntil(next);
  }
}

}  // namespace users::server
