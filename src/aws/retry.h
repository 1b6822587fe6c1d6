#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace users::aws {

// Why a call must be retried.
enum class RetryKind {
  kNone,        // no retry: the response is final
  kTransient,   // the network or the service failed
  kThrottling,  // the service is overloaded
  kContention,  // others were working on the same items: not a fault, and no cost to the quota
};

// The retry rules of AWS's SDKs of 2026 (AWS SDKs and Tools Reference Guide, "Retry behavior"),
// with DynamoDB's numbers.
struct RetryRules {
  int max_attempts = 4;
  std::chrono::milliseconds base{25};
  std::chrono::milliseconds throttled_base{1'000};
  std::chrono::milliseconds longest{20'000};
};

// Returns the wait before attempt `retry` + 2: a random part of base * 2^retry. Thread-safe.
std::chrono::microseconds RetryDelay(const RetryRules& rules, RetryKind kind, int retry);

// Limits the retries of all calls together, so that a failing service does not get more load.
// Thread-safe.
class RetryQuota {
 public:
  static constexpr int kCapacity = 500;

  // Returns the cost of a retry of this kind.
  static int CostOf(RetryKind kind);

  // Takes `cost` from the quota. Returns false, and takes nothing, if too little is left.
  bool TrySpend(int cost);
  // Gives `amount` back after a successful call: the cost of its last retry, or 1 if it had none.
  void Return(int amount);
  // The remaining quota.
  int left() const { return left_; }

 private:
  std::atomic<int> left_{kCapacity};
};

}  // namespace users::aws
