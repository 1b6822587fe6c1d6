#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace users::server {

// A token bucket: `rate` requests a second, up to `burst` at once. Thread-safe and without locks:
// the bucket is one number, the time at which it would be full again (generic cell rate algorithm,
// ITU-T I.371).
class Throttle {
 public:
  // A rate of 0 admits everything. `burst` is at least 1.
  Throttle(double rate, double burst);

  // Nothing if the request is admitted, which takes a token; else how long to wait before another
  // try can succeed.
  std::optional<std::chrono::nanoseconds> Take(std::chrono::steady_clock::time_point now);

 private:
  const std::int64_t interval_;  // nanoseconds a token; 0: no limit
  const std::int64_t depth_;     // nanoseconds a full bucket is ahead
  std::atomic<std::int64_t> full_at_{0};
};

struct ThrottleOptions {
  double rate = 1000;  // 0: neither the global bucket nor that of refused signatures is there
  double burst = 2000;
  double principal_rate = 0;  // 0: principals have no buckets of their own
  double principal_burst = 0;
};

// All buckets of a server. Thread-safe.
class Throttles {
 public:
  explicit Throttles(const ThrottleOptions& options)
      : options_(options),
        global_(options.rate, options.burst),
        refused_(options.rate, options.burst) {}

  // Takes a token for a signed request: the principal's first, so that who is over its own limit
  // takes nothing from the others.
  std::optional<std::chrono::nanoseconds> TakeSigned(const std::string& principal_arn);

  // Takes a token for a request whose signature was refused, so that a flood of them starves
  // nobody.
  std::optional<std::chrono::nanoseconds> TakeRefused();

 private:
  Throttle& BucketOf(const std::string& principal_arn);

  const ThrottleOptions options_;
  Throttle global_;
  Throttle refused_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::unique_ptr<Throttle>> principals_;
};

}  // namespace users::server
