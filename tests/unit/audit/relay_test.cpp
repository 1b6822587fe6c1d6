#include "audit/relay.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "audit/chain.h"
#include "base/json/json.h"
#include "base/mutex.h"
#include "support/audit_entries.h"
#include "support/fake_feed.h"
#include "support/memory_sink.h"
#include "support/sealed_entries.h"

namespace users::audit {
namespace {

// Records delivered events. Fails before or after accepting them, if the test requests it.
class FakeTarget final : public EventTarget {
 public:
  explicit FakeTarget(testing::FakeFeed& feed) : feed_(feed) {}

  Status Deliver(const std::vector<std::string>& envelopes) override {
    const MutexLock lock(mutex_);
    sizes_.push_back(envelopes.size());
    if (failures_ > 0 && !takes_before_failing_) return Fail();
    for (const std::string& envelope : envelopes) {
      const auto parsed = json::Parse(envelope);
      versions_.push_back(parsed->value.at("detail").at("version").as_int64());
    }
    checkpoints_.push_back(feed_.SavedCheckpoint());
    return failures_ > 0 ? Fail() : Status(Done{});
  }

  void FailNext(int times, bool takes_before_failing = false) {
    const MutexLock lock(mutex_);
    failures_ = times;
    takes_before_failing_ = takes_before_failing;
  }
  std::vector<std::int64_t> Versions() {
    const MutexLock lock(mutex_);
    return versions_;
  }
  std::vector<std::size_t> Sizes() {
    const MutexLock lock(mutex_);
    return sizes_;
  }
  // The saved checkpoint at the time of each delivery.
  std::vector<std::uint64_t> CheckpointsBefore() {
    const MutexLock lock(mutex_);
    return checkpoints_;
  }

 private:
  Status Fail() USERS_REQUIRES(mutex_) {
    --failures_;
    return Error::Unavailable("the target is down");
  }

  testing::FakeFeed& feed_;
  Mutex mutex_;
  int failures_ USERS_GUARDED_BY(mutex_) = 0;
  bool takes_before_failing_ USERS_GUARDED_BY(mutex_) = false;
  std::vector<std::int64_t> versions_ USERS_GUARDED_BY(mutex_);
  std::vector<std::size_t> sizes_ USERS_GUARDED_BY(mutex_);
  std::vector<std::uint64_t> checkpoints_ USERS_GUARDED_BY(mutex_);
};

// Bad entries that the feed can contain.
constexpr std::int64_t kUnreadable = -1;
constexpr std::int64_t kForged = 999'999;  // its hashes do not match its members

Result<domain::AuditEntry> Decode(const storage::FeedRecord& record) {
  const std::int64_t number = *record.item.FindNumber("n");
  if (number == kUnreadable) return Error::Internal();
  domain::AuditEntry entry = testing::UnsealedEntry(static_cast<std::uint64_t>(number));
  testing::SealWithRandomSalt(entry, Sha256Digest{});
  if (number == kForged) entry.actor = "arn:aws:iam::123456789012:user/somebody-else";
  return entry;
}

using Versions = std::vector<std::int64_t>;

class RelayTest : public ::testing::Test {
 protected:
  std::unique_ptr<Relay> Start() {
    return std::make_unique<Relay>(feed_, target_, Decode, EventOrigin{"000000000000", "local"},
                                   "relay", log_);
  }

  const SystemClock clock_;
  users::testing::MemorySink sink_;
  const Log log_{sink_, clock_, LogLevel::kDebug};
  testing::FakeFeed feed_;
  FakeTarget target_{feed_};
};

TEST_F(RelayTest, DeliversInFeedOrderThenSavesTheCheckpoint) {
  feed_.Append(3, 1);
  feed_.Append(7, 2);
  const auto relay = Start();
  ASSERT_TRUE(feed_.WaitForCheckpoint(7));
  feed_.Append(8, 3);
  ASSERT_TRUE(feed_.WaitForCheckpoint(8));
  EXPECT_EQ(target_.Versions(), (Versions{1, 2, 3}));
  EXPECT_EQ(target_.CheckpointsBefore(), (std::vector<std::uint64_t>{0, 7}));
  EXPECT_EQ(relay->statistics().delivered, 3U);
  EXPECT_EQ(relay->statistics().failures, 0U);
}

TEST_F(RelayTest, ResumesAtItsCheckpoint) {
  feed_.Append(1, 1);
  feed_.Append(2, 2);
  ASSERT_TRUE(feed_.SaveCheckpoint("relay", 1).ok());
  const auto relay = Start();
  ASSERT_TRUE(feed_.WaitForCheckpoint(2));
  EXPECT_EQ(target_.Versions(), (Versions{2}));
}

TEST_F(RelayTest, RetriesUntilTheTargetAccepts) {
  target_.FailNext(2);
  feed_.Append(1, 1);
  feed_.Append(2, 2);
  const auto relay = Start();
  ASSERT_TRUE(feed_.WaitForCheckpoint(2));
  EXPECT_EQ(target_.Versions(), (Versions{1, 2}));
  EXPECT_EQ(relay->statistics().failures, 2U);
  EXPECT_EQ(sink_.Count("\"event\":\"relay_failed\",\"reason\":\"the target is down\""), 2U);
}

TEST_F(RelayTest, RedeliversEventsThatMayBeLost) {
  target_.FailNext(1, /*takes_before_failing=*/true);
  feed_.Append(1, 1);
  feed_.Append(2, 2);
  const auto relay = Start();
  ASSERT_TRUE(feed_.WaitForCheckpoint(2));
  EXPECT_EQ(target_.Versions(), (Versions{1, 2, 1, 2}));
}

TEST_F(RelayTest, RetriesSavingItsCheckpointWithoutRedelivery) {
  feed_.FailSaves(2);
  feed_.Append(1, 1);
  const auto relay = Start();
  ASSERT_TRUE(feed_.WaitForCheckpoint(1));
  EXPECT_EQ(target_.Versions(), (Versions{1}));
  EXPECT_EQ(relay->statistics().failures, 2U);
}

TEST_F(RelayTest, RedeliversUncheckpointedEventsAfterRestart) {
  feed_.FailSaves(1'000'000);
  feed_.Append(1, 1);
  {
    const auto relay = Start();
    ASSERT_TRUE(sink_.WaitFor("relay_failed"));
  }
  feed_.FailSaves(0);
  const auto relay = Start();
  ASSERT_TRUE(feed_.WaitForCheckpoint(1));
  EXPECT_EQ(target_.Versions(), (Versions{1, 1}));
}

TEST_F(RelayTest, RecoversFromFeedFailures) {
  feed_.FailCheckpoints(1);
  feed_.FailReads(1);
  feed_.Append(1, 1);
  const auto relay = Start();
  ASSERT_TRUE(feed_.WaitForCheckpoint(1));
  EXPECT_EQ(target_.Versions(), (Versions{1}));
  EXPECT_EQ(relay->statistics().failures, 2U);
}

TEST_F(RelayTest, StopsBeforeAnUnreadableOrForgedEntry) {
  for (const std::int64_t bad : {kUnreadable, kForged}) {
    testing::FakeFeed feed;
    FakeTarget target(feed);
    feed.Append(1, 1);
    feed.Append(2, bad);
    feed.Append(3, 3);
    {
      const Relay relay(feed, target, Decode, EventOrigin{"000000000000", "local"}, "relay", log_);
      ASSERT_TRUE(sink_.WaitFor("relay_failed"));
      ASSERT_TRUE(feed.WaitForCheckpoint(1));
    }
    EXPECT_EQ(target.Versions(), (Versions{1}));
    EXPECT_EQ(feed.SavedCheckpoint(), 1U);
  }
}

TEST_F(RelayTest, NamesAForgedEntryAndCountsTheFailure) {
  feed_.Append(1, kForged);
  const auto relay = Start();
  ASSERT_TRUE(sink_.WaitFor("relay_failed"));
  EXPECT_GE(relay->statistics().failures, 1U);
  EXPECT_GE(sink_.Count(R"("reason":"entry 999999 of user 01ARZ3NDEKTSV4RRFFQ69G5FAW does not )"
                        R"(verify: its hashes do not match its members")"),
            1U);
  EXPECT_EQ(target_.Versions(), Versions());
}

TEST_F(RelayTest, DeliversAtMostAThousandEventsPerBatch) {
  for (std::int64_t n = 1; n <= 2500; ++n) feed_.Append(static_cast<std::uint64_t>(n), n);
  const auto relay = Start();
  ASSERT_TRUE(feed_.WaitForCheckpoint(2500));
  EXPECT_EQ(target_.Sizes(), (std::vector<std::size_t>{1000, 1000, 500}));
  const Versions versions = target_.Versions();
  ASSERT_EQ(versions.size(), 2500U);
  for (std::int64_t n = 0; n < 2500; ++n) ASSERT_EQ(versions[static_cast<std::size_t>(n)], n + 1);
}

TEST_F(RelayTest, DeliversPendingEventsBeforeItStops) {
  for (std::uint64_t round = 1; round <= 20; ++round) {
    auto relay = Start();
    feed_.Append(round, static_cast<std::int64_t>(round));
    relay.reset();
    ASSERT_EQ(feed_.SavedCheckpoint(), round);
  }
}

// The second change arrives while the relay, having just delivered, collects the next batch.
TEST_F(RelayTest, DeliversTheBatchItCollectsBeforeItStops) {
  for (std::int64_t n = 1; n <= 10; n += 2) {
    auto relay = Start();
    feed_.Append(static_cast<std::uint64_t>(n), n);
    while (target_.Versions().size() < static_cast<std::size_t>(n)) std::this_thread::yield();
    feed_.Append(static_cast<std::uint64_t>(n + 1), n + 1);
    relay.reset();
    ASSERT_EQ(feed_.SavedCheckpoint(), static_cast<std::uint64_t>(n + 1));
  }
  EXPECT_EQ(target_.Versions(), (Versions{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
}

TEST_F(RelayTest, StopsEvenIfTheTargetIsDown) {
  target_.FailNext(1'000'000);
  feed_.Append(1, 1);
  {
    const auto relay = Start();
    ASSERT_TRUE(sink_.WaitFor("relay_failed"));
  }
  EXPECT_EQ(feed_.SavedCheckpoint(), 0U);
}

}  // namespace
}  // namespace users::audit
