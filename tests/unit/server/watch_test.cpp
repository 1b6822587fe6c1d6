// The watches of a running server: the clock, lost log lines, probes of the store.
#include <gtest/gtest.h>

#include <atomic>

#include "base/async/timer.h"
#include "server/clock_watch.h"
#include "server/server_watch.h"
#include "server/store_probe.h"
#include "support/memory_sink.h"
#include "support/wait_until.h"

namespace users::server {
namespace {

using std::chrono::milliseconds;

constexpr Timestamp kWall{milliseconds(1'795'381'775'123)};

TEST(ClockWatch, ReportsJumpsButNoElapsedTime) {
  const ClockWatch::Steady start{};
  ClockWatch watch(kWall, start);
  EXPECT_FALSE(watch.Check(kWall + milliseconds(60'000), start + milliseconds(60'000)));
  // The clock is adjusted smoothly.
  EXPECT_FALSE(watch.Check(kWall + milliseconds(61'999), start + milliseconds(61'000)));
  // From here on it is 999 ms ahead.
  EXPECT_EQ(watch.Check(kWall + milliseconds(3'662'999), start + milliseconds(62'000)),
            milliseconds(3'600'000));
  EXPECT_FALSE(watch.Check(kWall + milliseconds(3'663'999), start + milliseconds(63'000)));
  EXPECT_EQ(watch.Check(kWall + milliseconds(63'000), start + milliseconds(64'000)),
            milliseconds(-3'601'999));
  EXPECT_EQ(watch.Check(kWall + milliseconds(65'000), start + milliseconds(65'000)),
            milliseconds(1'000));
}

// Reports the losses that the test sets.
class LossySink final : public LogSink {
 public:
  void Write(std::string_view line, LineKind) override { text += line; }
  LogStatus Status() const override { return status; }

  LogStatus status;
  std::string text;
};

TEST(LossReporter, CountsEachLossOnceWhenTheLogIsWrittenAgain) {
  LossySink sink;
  const ManualClock clock(kWall);
  const Log log(sink, clock, LogLevel::kInfo);
  LossReporter reporter(log);
  reporter.Report();
  EXPECT_EQ(sink.text, "");
  sink.status.lost = 3;
  sink.status.left_out = 1000;
  sink.status.is_written = false;
  reporter.Report();
  EXPECT_EQ(sink.text, "");
  sink.status.is_written = true;
  reporter.Report();
  EXPECT_NE(sink.text.find(R"("event":"log_lines_lost","lines":3,"inAll":3)"), std::string::npos);
  EXPECT_NE(sink.text.find(R"("event":"requests_left_out","lines":1000,"inAll":1000)"),
            std::string::npos);
  sink.text.clear();
  reporter.Report();
  EXPECT_EQ(sink.text, "");
  sink.status.lost = 5;
  reporter.Report();
  EXPECT_NE(sink.text.find(R"("event":"log_lines_lost","lines":2,"inAll":5)"), std::string::npos);
  EXPECT_EQ(sink.text.find("requests_left_out"), std::string::npos);
}

constexpr StoreProbe::Options kQuick{milliseconds(1), milliseconds(1'000), milliseconds(200)};

TEST(StoreProbe, PassesWhileAttemptsSucceed) {
  std::atomic<bool> succeeds{true};
  std::atomic<int> attempts{0};
  const auto attempt = [&](Deadline) -> Task<bool> {
    ++attempts;
    co_return succeeds.load();
  };
  const StoreProbe probe(attempt, kQuick);
  EXPECT_TRUE(testing::WaitUntil([&] { return attempts > 3; }));
  EXPECT_TRUE(probe.Passes());
  succeeds = false;
  EXPECT_TRUE(testing::WaitUntil([&] { return !probe.Passes(); }));
  succeeds = true;
  EXPECT_TRUE(testing::WaitUntil([&] { return probe.Passes(); }));
}

TEST(StoreProbe, FailsWhileAnAttemptHangsAndStillEnds) {
  const auto attempt = [](Deadline) -> Task<bool> {
    const Deadline never = Deadline::max();
    co_await SleepUntil(never);
    co_return true;
  };
  const StoreProbe probe(attempt, kQuick);
  EXPECT_TRUE(testing::WaitUntil([&] { return !probe.Passes(); }));
}

}  // namespace
}  // namespace users::server
