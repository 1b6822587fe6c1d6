#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/mutex.h"

namespace users::server {

// A token bucket: `rate` requests a second, up to `burst` at once. Thread-safe and without locks:
// the bucket is one number, the time at which it would be full again (generic cell rate algorithm,
// ITU-T I.371).
class Throttle {
 public:
  // A rate of 0 admits everything. `burst` is at least 1.
  Throttle(double rate, double burst);

  // Takes a token and returns nothing if the request is admitted. Otherwise returns the time after
  // which a retry can succeed.
  std::optional<std::chrono::nanoseconds> Admit(std::chrono::steady_clock::time_point now);

 private:
  const std::int64_t interval_;  // nanoseconds a token; 0: no limit
  const std::int64_t depth_;     // nanoseconds a full bucket is ahead
  std::atomic<std::int64_t> full_at_{0};
};

// The limits in requests per second, and the sizes of the buckets.
struct ThrottleOptions {
  double rate = 1000;  // 0: neither the global bucket nor that of unauthenticated requests exists
  double burst = 2000;
  double principal_rate = 0;  // 0: principals have no own buckets
  double principal_burst = 0;
};

// All buckets of a server. Thread-safe.
class Throttles {
 public:
  // All buckets are full at first.
  explicit Throttles(const ThrottleOptions& options)
      : options_(options),
        global_(options.rate, options.burst),
        unauthenticated_(options.rate, options.burst) {}

  // Returns the principal's own bucket; null if principals have none. It lives as long as this
  // object, so a thread may keep the pointer and need not wait for another thread.
  Throttle* BucketOf(const std::string& principal_arn);

  // Takes a token for a signed request: from the principal's bucket first, so that a principal over
  // its own limit takes nothing from the others. `bucket` is BucketOf(the principal).
  std::optional<std::chrono::nanoseconds> AdmitSigned(Throttle* bucket);

  // Takes a token for a rejected request without an authenticated caller. Such requests have their
  // own bucket, so that a flood of them does not starve other callers.
  std::optional<std::chrono::nanoseconds> AdmitUnauthenticated();

 private:
  const ThrottleOptions options_;
  Throttle global_;
  Throttle unauthenticated_;
  Mutex mutex_;
  std::unordered_map<std::string, std::unique_ptr<Throttle>> principals_ USERS_GUARDED_BY(mutex_);
};

}  // namespace users::server
