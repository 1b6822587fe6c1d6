#include "audit/retention.h"

#include <gtest/gtest.h>

#include "support/fake_feed.h"
#include "support/memory_sink.h"
#include "support/wait_until.h"

namespace users::audit {
namespace {

using std::chrono::milliseconds;

const Timestamp kBegin = *ParseTimestamp("2026-01-01T00:00:00Z");
constexpr std::int64_t kUnreadable = -1;

// The number of a record is the time of its entry in milliseconds.
Result<domain::AuditEntry> Decode(const storage::FeedRecord& record) {
  const std::int64_t time = *record.item.FindNumber("n");
  if (time == kUnreadable) return Error::Internal();
  domain::AuditEntry entry;
  entry.timestamp = kBegin + milliseconds(time);
  return entry;
}

class RetentionTest : public ::testing::Test {
 protected:
  // One record for each millisecond.
  void Append(std::int64_t first, std::int64_t last) {
    for (std::int64_t time = first; time <= last; ++time) {
      feed_.Append(static_cast<std::uint64_t>(time), time);
    }
  }

  // Runs the retention until it has removed this many records and looked for more.
  void RunUntilRemoved(std::uint64_t records, const std::vector<std::string>& consumers) {
    const Retention retention(feed_, Decode, consumers, clock_, kAge, log_);
    EXPECT_TRUE(users::testing::WaitUntil([&] { return retention.removed() >= records; }));
    const int reads = feed_.reads();
    EXPECT_TRUE(users::testing::WaitUntil([&] { return feed_.reads() > reads + 40; }));
    EXPECT_EQ(retention.removed(), records);
  }

  std::uint64_t Oldest() { return feed_.Read(0, 1)->front().position; }

  static constexpr milliseconds kAge = milliseconds(100);
  ManualClock clock_{kBegin};
  users::testing::MemorySink sink_;
  const Log log_{sink_, clock_, LogLevel::kDebug};
  testing::FakeFeed feed_;
};

TEST_F(RetentionTest, RemovesWhatIsOlder) {
  Append(1, 5'000);
  clock_.Advance(milliseconds(4'000));
  RunUntilRemoved(3'899, {});
  EXPECT_EQ(Oldest(), 3'900U) << "exactly as old as the retention";
  EXPECT_EQ(sink_.text(), "");
}

TEST_F(RetentionTest, KeepsWhatIsToBeDeliveredForTwiceTheTime) {
  Append(1, 1'000);
  ASSERT_TRUE(feed_.SaveCheckpoint("relay", 850).ok());
  ASSERT_TRUE(feed_.SaveCheckpoint("other", 1'000).ok());
  clock_.Advance(milliseconds(1'000));
  RunUntilRemoved(850, {"relay", "other"});
  EXPECT_EQ(Oldest(), 851U);
  EXPECT_EQ(sink_.text(), "");
}

TEST_F(RetentionTest, RemovesUndeliveredEventsAfterTwiceTheTimeAndSaysSo) {
  Append(1, 1'000);
  clock_.Advance(milliseconds(1'000));
  RunUntilRemoved(799, {"relay"});
  EXPECT_EQ(Oldest(), 800U);
  EXPECT_GE(sink_.Count("\"event\":\"events_expired\""), 1U);
}

TEST_F(RetentionTest, IgnoresConsumersThatDoNotDeliverNow) {
  Append(1, 1'000);
  ASSERT_TRUE(feed_.SaveCheckpoint("former", 1).ok());
  clock_.Advance(milliseconds(1'000));
  RunUntilRemoved(899, {});
}

TEST_F(RetentionTest, IsNotStoppedByABrokenEntry) {
  Append(1, 9);
  feed_.Append(10, kUnreadable);
  Append(11, 1'000);
  clock_.Advance(milliseconds(1'000));
  RunUntilRemoved(899, {});
}

TEST_F(RetentionTest, RetriesAfterAFailureAndLogsIt) {
  Append(1, 200);
  clock_.Advance(milliseconds(200));
  feed_.FailReads(1);
  feed_.FailSaves(1);
  RunUntilRemoved(99, {});
  EXPECT_EQ(sink_.Count("\"event\":\"retention_failed\""), 2U);
}

TEST_F(RetentionTest, StopsAtOnceBetweenBatches) {
  Append(1, 100'000);
  clock_.Advance(milliseconds(1'000'000));
  Retention(feed_, Decode, {}, clock_, kAge, log_);
  EXPECT_FALSE(feed_.Read(0, 1)->empty());
}

}  // namespace
}  // namespace users::audit
