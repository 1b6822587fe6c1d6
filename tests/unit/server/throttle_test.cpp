#include "server/throttle.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace users::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using TimePoint = std::chrono::steady_clock::time_point;

constexpr TimePoint kStart{std::chrono::hours(1)};

// Returns how many of `tries` are admitted at one moment.
int TakenOf(Throttle& throttle, int tries, TimePoint now) {
  int taken = 0;
  for (int i = 0; i < tries; ++i) taken += throttle.Admit(now) ? 0 : 1;
  return taken;
}

TEST(Throttle, AdmitsABurstAndThenItsRate) {
  Throttle throttle(10, 5);
  EXPECT_EQ(TakenOf(throttle, 20, kStart), 5);
  EXPECT_EQ(TakenOf(throttle, 20, kStart + milliseconds(99)), 0);
  EXPECT_EQ(TakenOf(throttle, 20, kStart + milliseconds(100)), 1);
  EXPECT_EQ(TakenOf(throttle, 20, kStart + milliseconds(350)), 2);
  EXPECT_EQ(TakenOf(throttle, 20, kStart + milliseconds(400)), 1);
}

TEST(Throttle, RefillsOnlyUpToItsBurst) {
  Throttle throttle(10, 5);
  EXPECT_EQ(TakenOf(throttle, 20, kStart), 5);
  EXPECT_EQ(TakenOf(throttle, 20, kStart + std::chrono::hours(24)), 5);
}

TEST(Throttle, StartsFull) {
  Throttle throttle(1, 3);
  EXPECT_EQ(TakenOf(throttle, 10, TimePoint()), 3);
}

TEST(Throttle, ReturnsTheWaitUntilTheNextAdmission) {
  Throttle throttle(10, 2);
  EXPECT_EQ(TakenOf(throttle, 2, kStart), 2);
  const auto wait = throttle.Admit(kStart + milliseconds(30));
  ASSERT_TRUE(wait);
  EXPECT_EQ(*wait, milliseconds(70));
  EXPECT_TRUE(throttle.Admit(kStart + milliseconds(30) + *wait - nanoseconds(1)));
  EXPECT_FALSE(throttle.Admit(kStart + milliseconds(30) + *wait));
}

TEST(Throttle, TakesNoTokenForRejectedRequests) {
  Throttle throttle(1, 1);
  EXPECT_FALSE(throttle.Admit(kStart));
  EXPECT_EQ(TakenOf(throttle, 1000, kStart + milliseconds(500)), 0);
  EXPECT_FALSE(throttle.Admit(kStart + seconds(1)));
}

TEST(Throttle, AdmitsAtLeastOne) {
  for (const double burst : {0.0, 0.5, 1.0}) {
    Throttle throttle(10, burst);
    EXPECT_EQ(TakenOf(throttle, 5, kStart), 1) << burst;
  }
}

TEST(Throttle, AdmitsEverythingWithoutARate) {
  Throttle throttle(0, 1);
  EXPECT_EQ(TakenOf(throttle, 1000, kStart), 1000);
}

TEST(Throttle, SupportsSlowAndFastRates) {
  Throttle slow(0.1, 1);
  EXPECT_FALSE(slow.Admit(kStart));
  EXPECT_EQ(slow.Admit(kStart), seconds(10));
  EXPECT_TRUE(slow.Admit(kStart + milliseconds(9999)));
  EXPECT_FALSE(slow.Admit(kStart + seconds(10)));
  Throttle fast(1e9, 1000);
  EXPECT_EQ(TakenOf(fast, 2000, kStart), 1000);
}

// In any time span, it never admits more than the burst plus what the rate allows in that span.
RC_GTEST_PROP(Throttle, NeverAdmitsMoreThanBurstAndRate, ()) {
  const int rate = *rc::gen::inRange(1, 50);
  const int burst = *rc::gen::inRange(1, 10);
  Throttle throttle(rate, burst);
  std::vector<TimePoint> admitted;
  TimePoint now = kStart;
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::weightedOneOf<int>(
      {{3, rc::gen::just(0)}, {2, rc::gen::inRange(0, 100)}, {1, rc::gen::inRange(0, 2000)}}));
  for (const int step : steps) {
    now += milliseconds(step);
    if (!throttle.Admit(now)) admitted.push_back(now);
  }
  for (std::size_t i = 0; i < admitted.size(); ++i) {
    for (std::size_t j = i; j < admitted.size(); ++j) {
      const double span = std::chrono::duration<double>(admitted[j] - admitted[i]).count();
      RC_ASSERT(static_cast<double>(j - i + 1) <= burst + span * rate + 1e-6);
    }
  }
}

TEST(Throttle, AdmitsNoMoreThanItsBurstAcrossThreads) {
  for (int round = 0; round < 20; ++round) {
    Throttle throttle(1000, 500);
    std::atomic<int> taken{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] { taken += TakenOf(throttle, 1000, kStart); });
    }
    for (auto& thread : threads) thread.join();
    ASSERT_EQ(taken, 500);
  }
}

auto AdmitSigned(Throttles& throttles, const std::string& arn) {
  return throttles.AdmitSigned(throttles.BucketOf(arn));
}

TEST(Throttles, CountSignedAndUnauthenticatedSeparately) {
  ThrottleOptions options;
  options.rate = 1e-3;
  options.burst = 3;
  Throttles throttles(options);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(throttles.AdmitUnauthenticated());
  EXPECT_TRUE(throttles.AdmitUnauthenticated());
  // An unsigned flood does not starve signed callers.
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(AdmitSigned(throttles, "arn:" + std::to_string(i)));
  EXPECT_TRUE(AdmitSigned(throttles, "arn:0"));
}

TEST(Throttles, LimitEachPrincipalIfConfigured) {
  ThrottleOptions options;
  options.rate = 1e-3;
  options.burst = 5;
  options.principal_rate = 1e-3;
  options.principal_burst = 2;
  Throttles throttles(options);
  EXPECT_FALSE(AdmitSigned(throttles, "arn:greedy"));
  EXPECT_FALSE(AdmitSigned(throttles, "arn:greedy"));
  // A principal over its own limit uses none of the shared tokens.
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(AdmitSigned(throttles, "arn:greedy"));
  EXPECT_FALSE(AdmitSigned(throttles, "arn:modest"));
  EXPECT_FALSE(AdmitSigned(throttles, "arn:modest"));
  EXPECT_FALSE(AdmitSigned(throttles, "arn:third"));
  EXPECT_TRUE(AdmitSigned(throttles, "arn:third"));
}

TEST(Throttles, AdmitEverythingWithoutRates) {
  ThrottleOptions options;
  options.rate = 0;
  Throttles throttles(options);
  for (int i = 0; i < 5000; ++i) {
    ASSERT_FALSE(AdmitSigned(throttles, "arn:x"));
    ASSERT_FALSE(throttles.AdmitUnauthenticated());
  }
}

TEST(Throttles, AreThreadSafe) {
  ThrottleOptions options;
  options.rate = 1e-3;
  options.burst = 1000;
  options.principal_rate = 1e-3;
  options.principal_burst = 100;
  Throttles throttles(options);
  std::atomic<int> taken{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        taken += AdmitSigned(throttles, "arn:" + std::to_string(i % 4)) ? 0 : 1;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(taken, 400);
}

// The options accept rates above 0 and bursts up to 1,000,000,000.
TEST(ThrottleLimits, AdmitRequestsWithAnyOptions) {
  for (const double rate : {1e-300, 1e-9, 0.001, 0.1, 1.0, 1e9}) {
    for (const double burst : {1.0, 2.0, 1e6, 1e9}) {
      Throttle throttle(rate, burst);
      EXPECT_EQ(TakenOf(throttle, 2, kStart), burst < 2 ? 1 : 2) << rate << " " << burst;
    }
  }
}

}  // namespace
}  // namespace users::server
