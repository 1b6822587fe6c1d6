#include "aws/retry.h"

#include <gtest/gtest.h>

namespace users::aws {
namespace {

TEST(RetryDelay, IsRandomUpToAGrowingBound) {
  const RetryRules rules;
  for (int retry = 0; retry < 40; ++retry) {
    const std::chrono::microseconds bound =
        std::min<std::chrono::microseconds>(rules.longest, rules.base * (1 << std::min(retry, 16)));
    for (int i = 0; i < 50; ++i) {
      const auto delay = RetryDelay(rules, RetryKind::kTransient, retry);
      EXPECT_GE(delay.count(), 0);
      EXPECT_LE(delay, bound);
    }
  }
}

TEST(RetryDelay, IsLongerForThrottling) {
  const RetryRules rules;
  std::chrono::microseconds longest{0};
  for (int i = 0; i < 200; ++i) {
    longest = std::max(longest, RetryDelay(rules, RetryKind::kThrottling, 0));
  }
  EXPECT_GT(longest, rules.base);
  EXPECT_LE(longest, rules.throttled_base);
}

TEST(RetryQuota, IsSpentByRetriesAndRefilledBySuccess) {
  RetryQuota quota;
  int retries = 0;
  while (quota.TrySpend(RetryQuota::CostOf(RetryKind::kTransient))) ++retries;
  EXPECT_EQ(retries, RetryQuota::kCapacity / 14);
  EXPECT_TRUE(quota.TrySpend(RetryQuota::CostOf(RetryKind::kContention)));
  const int left = quota.left();
  EXPECT_TRUE(quota.TrySpend(RetryQuota::CostOf(RetryKind::kThrottling)));
  quota.Return(5);
  quota.Return(1);
  EXPECT_EQ(quota.left(), left + 1);
  for (int i = 0; i < 2 * RetryQuota::kCapacity; ++i) quota.Return(1);
  EXPECT_EQ(quota.left(), RetryQuota::kCapacity);
}

}  // namespace
}  // namespace users::aws
