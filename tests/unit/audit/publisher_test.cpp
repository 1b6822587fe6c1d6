#include "audit/publisher.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "support/fake_bus.h"
#include "support/run_task.h"

namespace users::audit {
namespace {

using testing::FakeBus;
using testing::RunTask;

constexpr std::chrono::milliseconds kNoWait{0};

// "a1" is user a's first event.
BusEvent Event(const std::string& name) {
  return BusEvent(name.substr(0, 1), Timestamp(), name);
}

std::vector<BusEvent> Events(const std::vector<std::string>& names) {
  std::vector<BusEvent> events;
  for (const std::string& name : names) events.push_back(Event(name));
  return events;
}

std::vector<bool> PublishAll(FakeBus& bus, std::vector<BusEvent> events,
                             Deadline deadline = DeadlineIn(std::chrono::minutes(1))) {
  return RunTask(Publish(bus, std::move(events), deadline, kNoWait));
}

// Fails the first `times` attempts of one event.
FakeBus::Decide FailFirst(const std::string& name, int times,
                          Receipt receipt = Receipt::kTryAgain) {
  return [=](const BusEvent& event, int attempt) {
    return event.detail == name && attempt < times ? receipt : Receipt::kTaken;
  };
}

using Details = std::vector<std::string>;

TEST(Publish, SendsAllInOrderInTheFewestCalls) {
  FakeBus bus;
  std::vector<std::string> names;
  for (int i = 0; i < 25; ++i) names.push_back("a" + std::to_string(i));
  EXPECT_EQ(PublishAll(bus, Events(names)), std::vector<bool>(25, true));
  EXPECT_EQ(bus.taken, names);
  EXPECT_EQ(bus.calls, 3);
}

TEST(Publish, MakesNoCallWithoutEvents) {
  FakeBus bus;
  EXPECT_TRUE(PublishAll(bus, {}).empty());
  EXPECT_EQ(bus.calls, 0);
}

TEST(Publish, ResendsLaterEventsOfAUserAfterAFailedOne) {
  FakeBus bus(FailFirst("a1", 1));
  EXPECT_EQ(PublishAll(bus, Events({"a1", "b1", "a2", "b2", "a3"})), std::vector<bool>(5, true));
  EXPECT_EQ(bus.taken, (Details{"b1", "a2", "b2", "a3", "a1", "a2", "a3"}));
}

TEST(Publish, BlocksOnlyTheUserOfARejectedEvent) {
  FakeBus bus(FailFirst("a1", 1, Receipt::kRejected));
  EXPECT_EQ(PublishAll(bus, Events({"a1", "b1", "a2", "b2"})),
            (std::vector<bool>{false, true, false, true}));
  EXPECT_EQ(bus.calls, 1);  // no event that could be sent remains
}

TEST(Publish, GivesUpAfterThreeAttempts) {
  FakeBus twice(FailFirst("a1", 2));
  EXPECT_EQ(PublishAll(twice, Events({"a1"})), std::vector<bool>{true});
  FakeBus thrice(FailFirst("a1", 3));
  EXPECT_EQ(PublishAll(thrice, Events({"a1", "a2", "b1"})),
            (std::vector<bool>{false, false, true}));
  EXPECT_EQ(thrice.calls, 3);
}

TEST(Publish, SplitsCallsBySize) {
  FakeBus bus;
  std::vector<BusEvent> events;
  for (const char user : std::string("abc")) {
    events.emplace_back(std::string(1, user), Timestamp(), std::string(100 << 10, user));
  }
  EXPECT_EQ(PublishAll(bus, std::move(events)), std::vector<bool>(3, true));
  EXPECT_EQ(bus.calls, 2);
  EXPECT_EQ(bus.oversized, 0);
}

TEST(Publish, NeverSendsAnOversizedEvent) {
  FakeBus bus;
  const std::size_t overhead = Event("").SizeInBytes();
  std::vector<BusEvent> events;
  events.emplace_back("a", Timestamp(), std::string((256 << 10) - overhead - 1, 'a'));
  events.emplace_back("b", Timestamp(), std::string((256 << 10) - overhead, 'b'));
  events.push_back(Event("b2"));
  events.push_back(Event("c1"));
  EXPECT_EQ(PublishAll(bus, std::move(events)), (std::vector<bool>{true, false, false, true}));
  EXPECT_EQ(bus.oversized, 0);
}

TEST(Publish, StopsWhenTheBusIsUnreachable) {
  FakeBus bus;
  bus.unreachable_from = 2;
  std::vector<std::string> names;
  for (int i = 0; i < 30; ++i) names.push_back("a" + std::to_string(i));
  std::vector<bool> expected(30, false);
  std::fill_n(expected.begin(), 10, true);
  EXPECT_EQ(PublishAll(bus, Events(names)), expected);
  EXPECT_EQ(bus.calls, 2);
}

TEST(Publish, SendsNothingAfterTheDeadline) {
  FakeBus bus;
  EXPECT_EQ(PublishAll(bus, Events({"a1"}), DeadlineIn(std::chrono::milliseconds(-1))),
            std::vector<bool>{false});
  EXPECT_EQ(bus.calls, 0);
}

// For any sizes and any failures.
RC_GTEST_PROP(Publish, KeepsOrderPerUserAndLimits, ()) {
  const auto users = *rc::gen::container<std::string>(rc::gen::element('a', 'b', 'c', 'd'));
  std::vector<BusEvent> events;
  std::map<std::string, int> fails;  // how often each event fails, by its detail
  for (std::size_t i = 0; i < users.size(); ++i) {
    std::string detail = std::string(1, users[i]) + std::to_string(i);
    if (*rc::gen::weightedElement<bool>({{9, false}, {1, true}})) {
      detail.resize(*rc::gen::element<std::size_t>(50'000, 200'000, 262'000, 300'000), '.');
    }
    fails[detail] = *rc::gen::weightedElement<int>({{6, 0}, {2, 1}, {1, 2}, {1, 3}});
    events.emplace_back(std::string(1, users[i]), Timestamp(), detail);
  }
  FakeBus bus([&](const BusEvent& event, int attempt) {
    return attempt < fails.at(event.detail) ? Receipt::kTryAgain : Receipt::kTaken;
  });
  if (*rc::gen::weightedElement<bool>({{4, false}, {1, true}})) {
    bus.unreachable_from = *rc::gen::inRange(1, 5);
  }
  const std::vector<bool> taken = PublishAll(bus, events);

  RC_ASSERT(bus.oversized == 0);
  RC_ASSERT(taken.size() == events.size());
  std::map<std::string, bool> is_held_up;
  std::map<std::string, std::size_t> last_place;  // of each user's previous event
  for (std::size_t i = 0; i < events.size(); ++i) {
    const std::string& user = events[i].chain;
    if (!taken[i]) is_held_up[user] = true;
    if (!taken[i]) continue;
    RC_ASSERT(!is_held_up[user]);
    const auto last = std::find(bus.taken.rbegin(), bus.taken.rend(), events[i].detail);
    RC_ASSERT(last != bus.taken.rend());
    const auto place = static_cast<std::size_t>(bus.taken.rend() - last);
    RC_ASSERT(last_place[user] < place);  // its last copy follows that of the previous event
    last_place[user] = place;
  }
}

}  // namespace
}  // namespace users::audit
