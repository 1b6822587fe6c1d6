#include <gtest/gtest.h>

#include "aws/credentials.h"
#include "base/async/timer.h"
#include "support/memory_sink.h"
#include "support/run_task.h"

namespace users::aws {
namespace {

using testing::MemorySink;
using testing::RunTogether;

constexpr std::chrono::seconds kPatience{60};

// Returns A1, A2, ..., each valid for an hour, unless it is set to fail.
class CountingSource final : public CredentialsSource {
 public:
  struct Control {
    std::atomic<int> fetches{0};
    std::atomic<int> at_once{0};
    std::atomic<bool> overlapped{false};
    std::atomic<bool> fails{false};
  };
  CountingSource(std::shared_ptr<Control> control, const Clock& clock)
      : control_(std::move(control)), clock_(clock) {}

  Task<Result<TimedCredentials>> Fetch(Deadline) override {
    if (++control_->at_once > 1) control_->overlapped = true;
    const Deadline later = DeadlineIn(std::chrono::milliseconds(10));
    co_await SleepUntil(later);
    --control_->at_once;
    const int number = ++control_->fetches;
    if (control_->fails) co_return Error::Unavailable("the source fails");
    TimedCredentials found;
    found.credentials.access_key_id = "A" + std::to_string(number);
    found.expires = clock_.Now() + std::chrono::hours(1);
    co_return found;
  }

 private:
  const std::shared_ptr<Control> control_;
  const Clock& clock_;
};

class CredentialsProviderTest : public ::testing::Test {
 protected:
  std::string Key() {
    const auto got = RunTask(provider_.Get(DeadlineIn(kPatience)));
    return got.ok() ? (*got)->access_key_id : "error: " + got.error().message;
  }
  // RunTask runs the io_context until it has no work left, so a background refresh is complete when
  // it returns.
  ManualClock clock_{*ParseTimestamp("2026-01-01T00:00:00Z")};
  MemorySink sink_;
  Log log_{sink_, clock_, LogLevel::kInfo};
  std::shared_ptr<CountingSource::Control> control_ = std::make_shared<CountingSource::Control>();
  CredentialsProvider provider_{std::make_unique<CountingSource>(control_, clock_), clock_, log_};
};

TEST_F(CredentialsProviderTest, RefreshesShortlyBeforeExpiry) {
  EXPECT_EQ(Key(), "A1");
  clock_.Advance(std::chrono::minutes(54));
  EXPECT_EQ(Key(), "A1");
  EXPECT_EQ(control_->fetches, 1);
  clock_.Advance(std::chrono::minutes(2));
  EXPECT_EQ(Key(), "A1") << "no caller may wait while the old credentials are valid";
  EXPECT_EQ(Key(), "A2");
  EXPECT_EQ(control_->fetches, 2);
}

TEST_F(CredentialsProviderTest, NeverReturnsExpiredCredentials) {
  EXPECT_EQ(Key(), "A1");
  clock_.Advance(std::chrono::minutes(61));
  EXPECT_EQ(Key(), "A2");
}

TEST_F(CredentialsProviderTest, RefreshesOnceForConcurrentCallers) {
  std::atomic<int> good{0};
  RunTogether(64, 4, [&](int) -> Task<void> {
    const auto got = co_await provider_.Get(DeadlineIn(kPatience));
    if (got.ok() && (*got)->access_key_id == "A1") ++good;
  });
  EXPECT_EQ(good, 64);
  EXPECT_EQ(control_->fetches, 1);
  EXPECT_FALSE(control_->overlapped);
}

TEST_F(CredentialsProviderTest, KeepsValidCredentialsIfTheSourceFails) {
  EXPECT_EQ(Key(), "A1");
  control_->fails = true;
  clock_.Advance(std::chrono::minutes(56));
  EXPECT_EQ(Key(), "A1");
  EXPECT_EQ(Key(), "A1");
  clock_.Advance(std::chrono::minutes(10));
  EXPECT_EQ(Key(), "error: the source fails");
  EXPECT_NE(sink_.text().find("credentials_failed"), std::string::npos);
}

TEST_F(CredentialsProviderTest, DelaysRetryAfterFailure) {
  control_->fails = true;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Key(), "error: the source fails");
  EXPECT_LE(control_->fetches, 2);
}

TEST_F(CredentialsProviderTest, FetchesAgainAfterRejection) {
  const auto first = RunTask(provider_.Get(DeadlineIn(kPatience)));
  provider_.Rejected(*first);
  EXPECT_EQ(Key(), "A2");
  provider_.Rejected(*first);  // a late report about the old credentials
  EXPECT_EQ(Key(), "A2");
}

TEST_F(CredentialsProviderTest, StopsWaitingAtTheDeadline) {
  const auto got = RunTask(provider_.Get(DeadlineIn(std::chrono::milliseconds(0))));
  EXPECT_FALSE(got.ok());
}

}  // namespace
}  // namespace users::aws
