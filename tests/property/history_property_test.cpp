// The history of a subject has every state that was in force, whatever the store does meanwhile, and
// however many servers write it.
#include <gtest/gtest.h>

#include <atomic>
#include <map>

#include "property/calls.h"
#include "property/property.h"
#include "service/subject_history.h"
#include "service/user_records.h"
#include "support/run_task.h"
#include "support/service_fixture.h"

namespace users::testing {
namespace {

constexpr std::chrono::seconds kPatience{60};

domain::SubjectState AnyState() {
  domain::SubjectState state;
  const int keys = *rc::gen::inRange(0, 6);
  for (int i = 0; i < keys; ++i) {
    const std::string key = *rc::gen::element<std::string>("$deletableBy", "a", "b", "roles",
                                                           "status", "arn:aws:iam::1:user/a,b");
    state[key] = *rc::gen::element<std::string>(R"({"name":"x"})", R"(["*"])", "[]", R"("")");
  }
  return state;
}

Result<std::uint64_t> Record(storage::TableStore& store, ServiceFixture& fixture,
                             const domain::SubjectState& state) {
  service::StateInForce in_force("catalogue", state, fixture.clock().Now());
  return RunTask(service::RecordState(store, fixture.clock(), fixture.log(), std::move(in_force),
                                      DeadlineIn(kPatience)));
}

domain::SubjectState StateAt(ServiceFixture& fixture, Timestamp at) {
  const auto rebuilt = RunTask(service::RebuildSubject(fixture.store(), fixture.log(), "catalogue",
                                                       at, DeadlineIn(kPatience)));
  RC_ASSERT(rebuilt.ok());
  return rebuilt->state();
}

PROPERTY(SubjectHistory, HasEveryStateDespiteAStoreThatFails, 25) {
  ServiceFixture fixture;
  std::map<Timestamp, domain::SubjectState> states;  // by the time since which they were in force
  std::uint64_t version = 0;
  const int steps = *rc::gen::inRange(1, 20);
  const std::uint64_t seed = AnySeed();
  for (int step = 0; step < steps; ++step) {
    fixture.unreliable().SetFaults({.lost_requests = 10, .lost_responses = 20, .conflicts = 20},
                                   seed + static_cast<std::uint64_t>(step));
    fixture.clock().Advance(std::chrono::milliseconds(*rc::gen::inRange(1, 100)));
    const domain::SubjectState state = AnyState();
    const bool is_new = states.empty() || states.rbegin()->second != state;
    Result<std::uint64_t> recorded = Error::Internal();
    for (int attempt = 0; attempt < 1000 && !recorded.ok(); ++attempt) {
      recorded = Record(fixture.unreliable(), fixture, state);
    }
    RC_ASSERT(recorded.ok());
    RC_ASSERT(*recorded == version + (is_new ? 1 : 0));
    version = *recorded;
    if (is_new) states[fixture.clock().Now()] = state;
    if (OneIn(5)) fixture.Restart();
  }
  for (auto it = states.begin(); it != states.end(); ++it) {
    RC_ASSERT(StateAt(fixture, it->first) == it->second);
    const auto before = StateAt(fixture, it->first - std::chrono::milliseconds(1));
    RC_ASSERT(before == (it == states.begin() ? domain::SubjectState() : std::prev(it)->second));
  }
  RC_ASSERT(FindingsOf(fixture.store()) == "");
  RC_ASSERT(fixture.logged() == "");
}

// Servers that start at the same moment, with two different states.
PROPERTY(SubjectHistory, HasNoVersionTwiceWithSeveralServers, 15) {
  ServiceFixture fixture;
  const domain::SubjectState states[] = {AnyState(), AnyState()};
  for (int round = 0; round < 3; ++round) {
    std::atomic<int> failed{0};
    RunTogether(6, 3, [&](int server) -> Task<void> {
      service::StateInForce in_force("catalogue", states[server % 2], fixture.clock().Now());
      const auto recorded =
          co_await service::RecordState(fixture.store(), fixture.clock(), fixture.log(),
                                        std::move(in_force), DeadlineIn(kPatience));
      if (!recorded.ok()) ++failed;
    });
    RC_ASSERT(failed == 0);
    const auto newest = StateAt(fixture, kEndOfTime);
    RC_ASSERT(newest == states[0] || newest == states[1]);
    RC_ASSERT(FindingsOf(fixture.store()) == "");
  }
  RC_ASSERT(fixture.logged() == "");
}

// More than fits into one item, or into one event.
TEST(SubjectHistory, SplitsALargeChange) {
  ServiceFixture fixture;
  domain::SubjectState state;
  for (int i = 0; i < 3000; ++i) {
    const std::string key = "arn:aws:iam::000000000000:user/" + std::to_string(i);
    state[key] = '"' + std::string(400, 'x') + '"';
  }
  const auto recorded = Record(fixture.store(), fixture, state);
  ASSERT_TRUE(recorded.ok());
  EXPECT_GT(*recorded, 3U);
  const auto again = Record(fixture.store(), fixture, state);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(*again, *recorded);
  EXPECT_EQ(FindingsOf(fixture.store()), "");
  EXPECT_EQ(StateAt(fixture, fixture.clock().Now()), state);
  EXPECT_TRUE(Record(fixture.store(), fixture, {}).ok());
  EXPECT_TRUE(StateAt(fixture, fixture.clock().Now()).empty());
  EXPECT_EQ(FindingsOf(fixture.store()), "");
}

TEST(SubjectHistory, KeepsTheOrderOfTimeIfTheClockStepsBack) {
  ServiceFixture fixture;
  const Timestamp first = fixture.clock().Now();
  ASSERT_TRUE(Record(fixture.store(), fixture, {{"a", "1"}}).ok());
  fixture.clock().Advance(std::chrono::hours(-1));
  ASSERT_TRUE(Record(fixture.store(), fixture, {{"a", "2"}}).ok());
  EXPECT_EQ(StateAt(fixture, first), (domain::SubjectState{{"a", "2"}}));
  EXPECT_TRUE(StateAt(fixture, first - std::chrono::milliseconds(1)).empty());
  EXPECT_EQ(FindingsOf(fixture.store()), "");
}

// The history ends at a broken chain. Nothing is written after it, and the fault is logged.
TEST(SubjectHistory, IsNotContinuedAfterABrokenEntry) {
  ServiceFixture fixture;
  ASSERT_TRUE(Record(fixture.store(), fixture, {{"a", "1"}}).ok());
  storage::Transaction tampering;
  tampering.push_back(storage::WriteOp::Delete(service::AuditKey("catalogue", 1)));
  ASSERT_TRUE(
      RunTask(fixture.store().TransactWrite(std::move(tampering), DeadlineIn(kPatience))).ok());
  const auto recorded = Record(fixture.store(), fixture, {{"a", "2"}});
  ASSERT_FALSE(recorded.ok());
  EXPECT_EQ(recorded.error().code, ErrorCode::kInternal);
  EXPECT_NE(fixture.logged().find("history_broken"), std::string::npos);
  EXPECT_NE(FindingsOf(fixture.store()), "");
}

TEST(SubjectHistory, EveryChangeOfItsHeadIsFound) {
  using Head = service::SubjectHead;
  const std::vector<void (*)(Head&)> changes = {
      [](Head& head) { head.subject = "principals"; },
      [](Head& head) { --head.version; },
      [](Head& head) { ++head.version; },
      [](Head& head) { head.updated_at += std::chrono::milliseconds(1); },
      [](Head& head) { head.head_hash[31] ^= 1; },
      [](Head& head) { head.state_hash[0] ^= 1; },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    ServiceFixture fixture;
    ASSERT_TRUE(Record(fixture.store(), fixture, {{"a", "1"}}).ok());
    ASSERT_TRUE(Record(fixture.store(), fixture, {{"a", "2"}}).ok());
    EXPECT_EQ(FindingsOf(fixture.store()), "");
    const storage::Key key = service::SubjectHeadKey("catalogue");
    const auto item = RunTask(storage::GetOne(fixture.store(), key, DeadlineIn(kPatience)));
    Head head = *service::DecodeSubjectHead(**item);
    changes[i](head);
    storage::Transaction tampering;
    tampering.push_back(storage::WriteOp::Put(key, service::EncodeSubjectHead(head)));
    ASSERT_TRUE(
        RunTask(fixture.store().TransactWrite(std::move(tampering), DeadlineIn(kPatience))).ok());
    EXPECT_NE(FindingsOf(fixture.store()), "") << i;
  }
}

class PastUser : public ::testing::Test {
 protected:
  PastUser() {
    Record({{"viewer", Role(R"(["read"])")}});
    fixture_.clock().Advance(std::chrono::seconds(1));
    Model::Write write;
    write.operation = "register";
    service::NewUser user;
    user.email = "a@x.org";
    user.name = "Ada";
    id_ = RunTask(fixture_.users().Register(ContextOf(write, kArns[0]), user))->user_id;
    created_ = fixture_.clock().Now();
    fixture_.clock().Advance(std::chrono::seconds(1));
    write.operation = "assign";
    EXPECT_TRUE(
        RunTask(fixture_.users().AssignRole(ContextOf(write, kArns[0]), id_, "viewer")).ok());
  }

  static std::string Role(const std::string& permissions) {
    return R"({"description":"","name":"viewer","permissions":)" + permissions + "}";
  }
  void Record(const domain::SubjectState& state) {
    EXPECT_TRUE(testing::Record(fixture_.store(), fixture_, state).ok());
  }
  Result<service::PastUser> At(Timestamp time) {
    return RunTask(fixture_.users().GetUserAt(ReadContext(), id_, time));
  }
  void Apply(storage::WriteOp write) {
    storage::Transaction tampering;
    tampering.push_back(std::move(write));
    EXPECT_TRUE(
        RunTask(fixture_.store().TransactWrite(std::move(tampering), DeadlineIn(kPatience))).ok());
  }
  void ExpectBroken(Timestamp time) {
    const auto past = At(time);
    ASSERT_FALSE(past.ok());
    EXPECT_EQ(past.error().code, ErrorCode::kInternal);
    EXPECT_NE(fixture_.logged().find("history_broken"), std::string::npos);
  }

  ServiceFixture fixture_;
  std::string id_;
  Timestamp created_;
};

TEST_F(PastUser, HasThePermissionsOfItsTime) {
  const Timestamp assigned = fixture_.clock().Now();
  fixture_.clock().Advance(std::chrono::seconds(1));
  Record({{"viewer", Role(R"(["print","read"])")}});
  const Timestamp changed = fixture_.clock().Now();
  fixture_.clock().Advance(std::chrono::seconds(1));
  Record({});
  const auto expect = [&](Timestamp time, std::vector<std::string> permissions,
                          std::uint64_t catalogue) {
    const auto past = At(time);
    ASSERT_TRUE(past.ok());
    EXPECT_EQ(past->permissions, permissions);
    EXPECT_EQ(past->catalogue_version, catalogue);
  };
  expect(created_, {}, 1);
  expect(assigned, {"read"}, 1);
  expect(changed - std::chrono::milliseconds(1), {"read"}, 1);
  expect(changed, {"print", "read"}, 2);
  expect(fixture_.clock().Now(), {}, 3);
}

TEST_F(PastUser, IsNotInTheFuture) {
  const Timestamp now = fixture_.clock().Now();
  EXPECT_TRUE(At(now).ok());
  const auto past = At(now + std::chrono::milliseconds(1));
  ASSERT_FALSE(past.ok());
  EXPECT_EQ(past.error().code, ErrorCode::kValidation);
}

TEST_F(PastUser, IsNotShownIfAnEntryWasChanged) {
  const storage::Key key = service::AuditKey(id_, 1);
  const auto item = RunTask(storage::GetOne(fixture_.store(), key, DeadlineIn(kPatience)));
  auto entry = *service::DecodeAuditEntry(key.partition, key.sort, **item);
  entry.actor = "arn:aws:iam::123456789012:user/mallory";
  Apply(storage::WriteOp::Put(key, service::EncodeAuditEntry(entry)));
  ExpectBroken(created_);
}

TEST_F(PastUser, IsNotShownIfTheNewestEntriesAreMissing) {
  Apply(storage::WriteOp::Delete(service::AuditKey(id_, 2)));
  ExpectBroken(fixture_.clock().Now());
}

TEST_F(PastUser, IsNotShownIfTheHistoryOfTheCatalogueIsBroken) {
  const storage::Key key = service::AuditKey("catalogue", 1);
  const auto item = RunTask(storage::GetOne(fixture_.store(), key, DeadlineIn(kPatience)));
  auto entry = *service::DecodeAuditEntry(key.partition, key.sort, **item);
  entry.changes = R"({"viewer":{"after":)" + Role(R"(["all"])") + R"(,"before":null}})";
  Apply(storage::WriteOp::Put(key, service::EncodeAuditEntry(entry)));
  ExpectBroken(created_);
}

}  // namespace
}  // namespace users::testing
