#include "server/throttle.h"

#include <algorithm>
#include <cmath>

namespace users::server {
namespace {

// Nanoseconds. Larger values would overflow sums of 64 bits. About 11 days for one token, 126 years
// for a full bucket.
constexpr double kLongest = 1e15;
constexpr double kDeepest = 4e18;

}  // namespace

Throttle::Throttle(double rate, double burst)
    : interval_(rate > 0 ? std::max<std::int64_t>(1, std::llround(std::min(1e9 / rate, kLongest)))
                         : 0),
      depth_(
          std::llround(std::min(static_cast<double>(interval_) * std::max(1.0, burst), kDeepest))) {
}

std::optional<std::chrono::nanoseconds> Throttle::Admit(std::chrono::steady_clock::time_point now) {
  if (interval_ == 0) return std::nullopt;
  const std::int64_t at = now.time_since_epoch().count();
  std::int64_t full_at = full_at_.load(std::memory_order_relaxed);
  while (true) {
    const std::int64_t next = std::max(full_at, at) + interval_;
    if (next - at > depth_) return std::chrono::nanoseconds(next - at - depth_);
    if (full_at_.compare_exchange_weak(full_at, next, std::memory_order_relaxed)) {
      return std::nullopt;
    }
  }
}

std::optional<std::chrono::nanoseconds> Throttles::AdmitSigned(Throttle* bucket) {
  const auto now = std::chrono::steady_clock::now();
  if (bucket != nullptr) {
    if (const auto wait = bucket->Admit(now)) return wait;
  }
  return global_.Admit(now);
}

std::optional<std::chrono::nanoseconds> Throttles::AdmitUnauthenticated() {
  return unauthenticated_.Admit(std::chrono::steady_clock::now());
}

// Principals come from a file: there are few, and the buckets of removed principals are small.
Throttle* Throttles::BucketOf(const std::string& principal_arn) {
  if (options_.principal_rate <= 0) return nullptr;
  const MutexLock lock(mutex_);
  std::unique_ptr<Throttle>& bucket = principals_[principal_arn];
  if (bucket == nullptr) {
    bucket = std::make_unique<Throttle>(options_.principal_rate, options_.principal_burst);
  }
  return bucket.get();
}

}  // namespace users::server
