#include "server/rejection_log.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "support/memory_sink.h"

namespace users::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class RejectionLogTest : public ::testing::Test {
 protected:
  std::size_t Reports() const { return sink_.Count("rejections_not_logged"); }

  const SystemClock clock_;
  users::testing::MemorySink sink_;
  const Log log_{sink_, clock_, LogLevel::kInfo};
  const steady_clock::time_point start_ = steady_clock::now();
};

TEST_F(RejectionLogTest, AdmitsABurstAndThenARate) {
  RejectionLog rejections(log_, "kind", 10, 5);
  int admitted = 0;
  for (int i = 0; i < 100; ++i) admitted += rejections.Admits(start_) ? 1 : 0;
  EXPECT_EQ(admitted, 5);
  EXPECT_EQ(rejections.left_out(), 95U);
  EXPECT_TRUE(rejections.Admits(start_ + milliseconds(100)));
  EXPECT_FALSE(rejections.Admits(start_ + milliseconds(100)));
}

TEST_F(RejectionLogTest, ReportsOnceASecond) {
  RejectionLog rejections(log_, "kind", 1e-3, 1);
  for (int i = 0; i < 4; ++i) rejections.Admits(start_);
  rejections.Report(start_);
  EXPECT_EQ(Reports(), 1U);
  EXPECT_NE(sink_.text().find(R"("kind":"kind","count":3)"), std::string::npos) << sink_.text();
  rejections.Admits(start_);
  for (int i = 0; i < 10; ++i) rejections.Report(start_ + milliseconds(999));
  EXPECT_EQ(Reports(), 1U);
  rejections.Report(start_ + milliseconds(1000));
  EXPECT_EQ(Reports(), 2U);
  EXPECT_NE(sink_.text().find(R"("count":1)"), std::string::npos);
}

TEST_F(RejectionLogTest, ReportsNothingIfNothingWasOmitted) {
  {
    RejectionLog rejections(log_, "kind", 1e-3, 5);
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(rejections.Admits(start_));
    for (int i = 0; i < 5; ++i) rejections.Report(start_ + std::chrono::seconds(i));
  }
  EXPECT_EQ(Reports(), 0U);
}

TEST_F(RejectionLogTest, ReportsTheRestAtItsEnd) {
  {
    RejectionLog rejections(log_, "kind", 1e-3, 1);
    for (int i = 0; i < 3; ++i) rejections.Admits(start_);
  }
  EXPECT_NE(sink_.text().find(R"("count":2)"), std::string::npos);
}

TEST_F(RejectionLogTest, CountsExactlyAcrossThreads) {
  std::atomic<int> admitted{0};
  constexpr int kThreads = 4;
  constexpr int kEach = 20'000;
  std::uint64_t left_out = 0;
  {
    RejectionLog rejections(log_, "kind", 1e-3, 100);
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < kEach; ++i) {
          const auto at = start_ + milliseconds(i);
          admitted += rejections.Admits(at) ? 1 : 0;
          rejections.Report(at);
        }
      });
    }
    for (auto& thread : threads) thread.join();
    left_out = rejections.left_out();
  }
  EXPECT_EQ(left_out + static_cast<std::uint64_t>(admitted), kThreads * kEach);
  std::uint64_t reported = 0;
  const std::string text = sink_.text();
  for (std::size_t at = text.find("\"count\":"); at != text.npos;
       at = text.find("\"count\":", at + 1)) {
    reported += std::stoull(text.substr(at + 8));
  }
  EXPECT_EQ(reported, left_out);
}

}  // namespace
}  // namespace users::server
