#pragma once

#include <thread>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"

namespace users::server {

// Checks once a second, on its own thread, for facts that an operator must know, and logs
// them: clock_jumped, log_lines_lost (there was no space for lines of the program's own) and
// requests_left_out (lines of requests without an authenticated caller).
class ServerWatch {
 public:
  // Starts the thread. The references must outlive the watch.
  ServerWatch(const Clock& clock, const Log& log);
  ~ServerWatch();
  ServerWatch(const ServerWatch&) = delete;
  ServerWatch& operator=(const ServerWatch&) = delete;

 private:
  void Run();

  const Clock& clock_;
  const Log& log_;
  Mutex mutex_;
  ConditionVariable stop_;
  bool stopping_ USERS_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

// Reports the lines that were lost since the last call, if the log is being written again. Not
// thread-safe.
class LossReporter {
 public:
  explicit LossReporter(const Log& log) : log_(log) {}
  // Writes the lines, if there is anything to report.
  void Report();

 private:
  const Log& log_;
  LogStatus reported_;
};

}  // namespace users::server
