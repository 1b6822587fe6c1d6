#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <thread>

#include "base/log.h"

namespace users::server {

// The exit code of a process that could not stop in time.
inline constexpr int kStopTimeExceeded = 3;

// Ends the process within a bounded time after the first SIGTERM or SIGINT, whatever hangs: a disk,
// a reader of the log, a library. It receives signals from its construction on, in a thread of its
// own, and ends the process with _exit(kStopTimeExceeded) if it still exists after that time.
// Durable data remains durable: this is like a kill -9, which the store survives.
class StopLimit {
 public:
  // `limit` is the time from the first signal to the end of the process.
  explicit StopLimit(std::chrono::milliseconds limit);
  // Disarms the limit: the process has stopped in time.
  ~StopLimit();
  StopLimit(const StopLimit&) = delete;
  StopLimit& operator=(const StopLimit&) = delete;

  // Sets the log for a last line with the stage at which the process hung. The log must live until
  // SetLog(nullptr) is called.
  void SetLog(const Log* log) { log_ = log; }
  // Sets the stage that the process is in. The text must be a literal.
  void Enter(const char* stage) { stage_ = stage; }

 private:
  void End();

  const std::chrono::milliseconds limit_;
  std::atomic<const Log*> log_{nullptr};
  std::atomic<const char*> stage_{"starting"};
  boost::asio::io_context context_{1};
  boost::asio::signal_set signals_;
  boost::asio::steady_timer timer_;
  std::thread thread_;
};

}  // namespace users::server
