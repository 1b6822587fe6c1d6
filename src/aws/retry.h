#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace users::aws {

// Why a call is to be made again.
enum class RetryKind {
  kNone,        // the answer is final
  kTransient,   // the network or the service failed
  kThrottling,  // the service refuses for the load
  kContention,  // others were at work on the same items: no fault, and no cost to the quota
};

// The rules of AWS's SDKs of 2026 (AWS SDKs and Tools Reference Guide, "Retry behavior"), with
// DynamoDB's numbers.
struct RetryRules {
  int most_attempts = 4;
  std::chrono::milliseconds base{25};
  std::chrono::milliseconds throttled_base{1'000};
  std::chrono::milliseconds longest{20'000};
};

// How long to wait before attempt `retry` + 2: a random part of base * 2^retry. Thread-safe.
std::chrono::microseconds RetryDelay(const RetryRules& rules, RetryKind kind, int retry);

// Bounds the retries of all calls together, so that a service in trouble is not pressed harder.
// Thread-safe.
class RetryQuota {
 public:
  static constexpr int kCapacity = 500;

  // What a retry of this kind costs.
  static int CostOf(RetryKind kind);

  // False, and nothing taken, if there is not enough left.
  bool Take(int cost);
  // Gives back what the last retry of a call took that then succeeded; 1 for one without retries.
  void Return(int amount);
  int left() const { return left_; }

 private:
  std::atomic<int> left_{kCapacity};
};

}  // namespace users::aws
