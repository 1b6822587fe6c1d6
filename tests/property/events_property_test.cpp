// From the change to the target: under any failures, every committed change is delivered at least
// once, and each user's changes arrive in the order of their versions.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

#include "audit/relay.h"
#include "base/json/json.h"
#include "base/mutex.h"
#include "property/invariants.h"
#include "property/player.h"
#include "property/property.h"
#include "service/user_records.h"

namespace users::testing {
namespace {

// Decides what fails. Called on the relay's thread and on the test's.
class Dice {
 public:
  void Throw(unsigned percent, std::uint64_t seed) {
    const MutexLock lock(mutex_);
    percent_ = percent;
    random_.seed(seed);
  }
  bool Fails() {
    const MutexLock lock(mutex_);
    return random_() % 100 < percent_;
  }

 private:
  Mutex mutex_;
  unsigned percent_ USERS_GUARDED_BY(mutex_) = 0;
  std::mt19937_64 random_ USERS_GUARDED_BY(mutex_);
};

// The store's feed on a connection that fails.
class UnreliableFeed final : public storage::ChangeFeed {
 public:
  UnreliableFeed(storage::ChangeFeed& feed, Dice& dice) : feed_(feed), dice_(dice) {}

  Result<std::uint64_t> Checkpoint(std::string_view consumer) override {
    if (dice_.Fails()) return Lost();
    return feed_.Checkpoint(consumer);
  }
  Status SaveCheckpoint(std::string_view consumer, std::uint64_t position) override {
    if (dice_.Fails()) return Lost();
    auto saved = feed_.SaveCheckpoint(consumer, position);
    if (dice_.Fails()) return Lost();
    return saved;
  }
  std::uint64_t NewestPosition() override { return feed_.NewestPosition(); }
  Status Remove(std::uint64_t up_to) override { return feed_.Remove(up_to); }
  Result<std::vector<storage::FeedRecord>> Read(std::uint64_t after, std::size_t limit) override {
    if (dice_.Fails()) return Lost();
    // Few records at a time, so that there are many places to fail.
    return feed_.Read(after, std::min<std::size_t>(limit, 3));
  }
  void Wait(std::uint64_t, std::chrono::milliseconds) override {
    was_read_to_its_end_ = true;
    std::this_thread::yield();
  }
  void Interrupt() override {}

  bool was_read_to_its_end() const { return was_read_to_its_end_; }

 private:
  static Error Lost() { return Error::Unavailable("the connection is down"); }

  storage::ChangeFeed& feed_;
  Dice& dice_;
  std::atomic<bool> was_read_to_its_end_{false};
};

struct Delivered {
  std::string user_id;
  std::uint64_t version = 0;
  std::string hash;
};

// Accepts some or all events of a delivery before it fails.
class UnreliableTarget final : public audit::EventTarget {
 public:
  explicit UnreliableTarget(Dice& dice) : dice_(dice) {}

  Status Deliver(const std::vector<std::string>& envelopes) override {
    for (const std::string& envelope : envelopes) {
      if (dice_.Fails()) return Error::Unavailable("the target is down");
      const auto event = json::Parse(envelope);
      const auto& detail = event->value.at("detail");
      Delivered delivered;
      delivered.user_id = detail.at("userId").as_string();
      delivered.version = static_cast<std::uint64_t>(detail.at("version").as_int64());
      delivered.hash = detail.at("hash").as_string();
      delivered_.push_back(delivered);
    }
    if (dice_.Fails()) return Error::Unavailable("the response is lost");
    return Done{};
  }

  // Call it only when no relay is running.
  const std::vector<Delivered>& delivered() const { return delivered_; }

 private:
  Dice& dice_;
  std::vector<Delivered> delivered_;
};

Result<domain::AuditEntry> Decode(const storage::FeedRecord& record) {
  return service::DecodeAuditEntry(record.partition, record.sort, record.item);
}

// Starts a relay and stops it. It delivers all records unless something fails. Mostly it continues
// after the first failure.
void RunRelay(ServiceFixture& fixture, UnreliableTarget& target, Dice& dice, const Log& log) {
  UnreliableFeed feed(fixture.store(), dice);
  const audit::Relay relay(feed, target, Decode, audit::EventOrigin{"000000000000", "local"},
                           "relay", log);
  if (OneIn(4)) return;
  while (relay.statistics().failures == 0 && !feed.was_read_to_its_end()) {
    std::this_thread::yield();
  }
}

PROPERTY(Events, ReachTheTargetAtLeastOnceAndInOrder, 20) {
  ServiceFixture fixture(2);
  Player player(fixture);
  Dice dice;
  UnreliableTarget target(dice);
  MemorySink sink;
  const Log log(sink, fixture.clock(), LogLevel::kError);
  const int rounds = *rc::gen::inRange(1, 8);
  const std::uint64_t seed = AnySeed();
  for (int round = 0; round < rounds; ++round) {
    const auto of_round = seed + static_cast<std::uint64_t>(round);
    fixture.unreliable().SetFaults({.lost_requests = 5, .lost_responses = 20}, of_round);
    for (int writes = *rc::gen::inRange(0, 10); writes > 0; --writes) {
      if (!player.PlayWrite()) player.SettleUnknown();
    }
    dice.Throw(*rc::gen::element(0U, 10U, 30U), of_round);
    RunRelay(fixture, target, dice, log);
    if (OneIn(3)) fixture.Restart();
  }
  dice.Throw(0, 0);
  RunRelay(fixture, target, dice, log);

  std::map<std::string, std::vector<std::string>> committed;  // by user: hashes by version
  for (const auto& entry : EntriesOf(fixture.store())) {
    committed[entry.user_id].push_back(ToHex(entry.hash));
  }
  std::map<std::string, std::uint64_t> newest;
  for (const Delivered& event : target.delivered()) {
    const auto& hashes = committed[event.user_id];
    RC_ASSERT(event.version >= 1U && event.version <= hashes.size());
    RC_ASSERT(event.hash == hashes[event.version - 1]);
    RC_ASSERT(event.version <= newest[event.user_id] + 1);  // nothing is skipped
    newest[event.user_id] = std::max(newest[event.user_id], event.version);
  }
  for (const auto& [id, hashes] : committed) RC_ASSERT(newest[id] == hashes.size());
}

}  // namespace
}  // namespace users::testing
