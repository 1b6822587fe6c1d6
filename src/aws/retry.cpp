#include "aws/retry.h"

#include <algorithm>

#include "base/random.h"

namespace users::aws {

std::chrono::microseconds RetryDelay(const RetryRules& rules, RetryKind kind, int retry) {
  constexpr int kMaxDoublings = 16;
  const std::chrono::microseconds base =
      kind == RetryKind::kThrottling ? rules.throttled_base : rules.base;
  const std::chrono::microseconds longest = rules.longest;
  return RandomPartOf(std::min(longest, base * (1 << std::clamp(retry, 0, kMaxDoublings))));
}

int RetryQuota::CostOf(RetryKind kind) {
  switch (kind) {
    case RetryKind::kTransient:
      return 14;
    case RetryKind::kThrottling:
      return 5;
    case RetryKind::kNone:
    case RetryKind::kContention:
      return 0;
  }
  return 0;
}

bool RetryQuota::TrySpend(int cost) {
  int left = left_;
  do {
    if (left < cost) return false;
  } while (!left_.compare_exchange_weak(left, left - cost));
  return true;
}

void RetryQuota::Return(int amount) {
  int left = left_;
  while (!left_.compare_exchange_weak(left, std::min(kCapacity, left + amount))) {
  }
}

}  // namespace users::aws
