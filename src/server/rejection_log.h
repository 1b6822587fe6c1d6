#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "base/log.h"
#include "server/throttle.h"

namespace users::server {

// Limits the log lines for one kind of rejected requests, so that a flood of them does not fill the
// log or slow its readers. Above the rate, lines are only counted, and one line per second has the
// number of omitted lines. Thread-safe and without locks.
class RejectionLog {
 public:
  static constexpr double kLinesPerSecond = 100;
  static constexpr double kBurst = 200;

  // `kind` is the member `kind` of the line with the number.
  RejectionLog(const Log& log, std::string_view kind, double lines_per_second = kLinesPerSecond,
               double burst = kBurst);
  // Reports the omitted lines that are not reported yet.
  ~RejectionLog();
  RejectionLog(const RejectionLog&) = delete;
  RejectionLog& operator=(const RejectionLog&) = delete;

  // Returns whether another line may be written at this time. If not, counts the line.
  bool Admits(std::chrono::steady_clock::time_point now);

  // Writes the line with the number if lines were omitted and the last report is a second old. Call
  // it often.
  void Report(std::chrono::steady_clock::time_point now);

  // The number of lines omitted since the start.
  std::uint64_t left_out() const { return left_out_.load(std::memory_order_relaxed); }

 private:
  void Write(std::uint64_t count) const;

  const Log& log_;
  const std::string_view kind_;
  Throttle throttle_;
  std::atomic<std::uint64_t> left_out_{0};
  std::atomic<std::uint64_t> reported_{0};
  std::atomic<std::int64_t> next_report_{0};  // nanoseconds of the steady clock
};

}  // namespace users::server
