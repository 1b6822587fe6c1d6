// Many concurrent callers on a connection that fails, with restarts and clock steps between rounds.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>

#include "base/mutex.h"
#include "property/invariants.h"
#include "property/property.h"
#include "property/random_call.h"
#include "property/seed_user.h"
#include "support/run_task.h"
#include "support/service_fixture.h"

namespace users::testing {
namespace {

using domain::HandleKind;
using domain::UserStatus;
using Faults = UnreliableStore::Faults;

constexpr int kThreads = 2;

RandomCall AnyCall(const std::vector<std::string>& targets) {
  RandomCall call;
  call.kind = *rc::gen::element(RandomCall::Kind::kRegister, RandomCall::Kind::kUpdate,
                                RandomCall::Kind::kUpdate, RandomCall::Kind::kStatus,
                                RandomCall::Kind::kAssign, RandomCall::Kind::kRemove);
  call.arn = OneOf(kArns);
  call.target = OneOf(targets);
  call.email = OneOf(kEmails);
  call.name = "N" + std::to_string(*rc::gen::inRange(0, 3));
  call.status = *rc::gen::element(UserStatus::kActive, UserStatus::kDisabled, UserStatus::kDisabled,
                                  UserStatus::kDeleted);
  call.role = OneOf(kRoles);
  for (const HandleKind kind : {HandleKind::kExternalId, HandleKind::kUserName}) {
    if (OneIn(2)) continue;
    SetHandle(call, kind, OneIn(4) ? std::nullopt : std::optional(OneOf(HandlesOf(kind))));
  }
  return call;
}

// A call, and all responses to it.
struct Watched {
  RandomCall call;
  std::vector<service::WriteOutcome> responses;
};

// All callers that made this call during the life of its key got one effect and one response.
void CheckIdenticalRequests(const std::vector<domain::AuditEntry>& entries, const std::string& tag,
                            const Watched& watched) {
  const domain::AuditEntry* effect = nullptr;
  for (const domain::AuditEntry& entry : entries) {
    if (!entry.correlation_id.starts_with(tag)) continue;
    RC_ASSERT(effect == nullptr);
    effect = &entry;
  }
  std::set<std::string> bodies;
  int first_responses = 0;
  for (const service::WriteOutcome& outcome : watched.responses) {
    // A no-op also gets a response, with a version that another call created.
    const bool of_effect = effect != nullptr && outcome.response.location == effect->user_id &&
                           outcome.response.version == effect->version;
    if (outcome.replayed) RC_ASSERT(of_effect);
    if (!of_effect) continue;
    bodies.insert(outcome.response.body);
    if (!outcome.replayed) ++first_responses;
  }
  RC_ASSERT(bodies.size() <= 1U);
  // There is none if the response was lost. A no-op may show the same version once more.
  if (watched.call.kind == RandomCall::Kind::kRegister) RC_ASSERT(first_responses <= 1);
}

PROPERTY(ConcurrentCallers, GetOneEffectPerKeyAndPreserveEveryInvariant, 20) {
  ServiceFixture fixture(*rc::gen::inRange<std::uint32_t>(1, 4));
  std::vector<std::string> targets;
  for (int i = *rc::gen::inRange(1, 4); i > 0; --i) {
    targets.push_back(MakeUser(fixture, "seed" + std::to_string(i) + "@x.org"));
  }
  const int eras = *rc::gen::inRange(1, 3);
  for (int era = 0; era < eras; ++era) {
    std::vector<Watched> calls(*rc::gen::inRange<std::size_t>(1, 8));
    for (std::size_t i = 0; i < calls.size(); ++i) {
      calls[i].call = AnyCall(targets);
      if (!OneIn(5)) calls[i].call.key = "key" + std::to_string(i);
    }
    const auto tag = [&](std::size_t i) {
      return "e" + std::to_string(era) + ".c" + std::to_string(i) + ".";
    };
    const int rounds = *rc::gen::inRange(1, 3);
    for (int round = 0; round < rounds; ++round) {
      const std::uint64_t seed = AnySeed();
      fixture.unreliable().SetFaults(
          Faults{.lost_requests = 5, .lost_responses = 15, .conflicts = 10}, seed);
      Mutex mutex;
      std::atomic<int> unexpected{0};
      RunTogether(*rc::gen::inRange(2, 13), kThreads, [&](int caller) -> Task<void> {
        std::minstd_rand random(static_cast<unsigned>(seed) + static_cast<unsigned>(caller));
        for (int i = 0; i < 8; ++i) {
          const std::size_t which = random() % calls.size();
          // A caller that does not know the outcome of a call with a key retries it.
          for (int attempt = 0; attempt < 5; ++attempt) {
            const std::string id = tag(which) + std::to_string(round) + "." +
                                   std::to_string(caller) + "." + std::to_string(i) + "." +
                                   std::to_string(attempt);
            auto outcome = co_await Perform(fixture.users(), calls[which].call, id);
            const std::string error = outcome.ok() ? "" : ErrorText(outcome.error());
            if (error.starts_with("UNEXPECTED")) ++unexpected;
            if (error == "UNAVAILABLE" && calls[which].call.key) continue;
            const MutexLock lock(mutex);
            if (outcome.ok()) calls[which].responses.push_back(std::move(*outcome));
            break;
          }
        }
      });
      fixture.unreliable().SetFaults({}, 0);
      RC_ASSERT(unexpected == 0);
      if (OneIn(2)) fixture.Restart();
      fixture.clock().Advance(std::chrono::minutes(*rc::gen::inRange(-300, 600)));
    }
    const auto entries = EntriesOf(fixture.store());
    for (std::size_t i = 0; i < calls.size(); ++i) {
      if (calls[i].call.key) CheckIdenticalRequests(entries, tag(i), calls[i]);
    }
    RC_ASSERT(BrokenInvariantsOf(fixture.store()) == "");
    RC_ASSERT(FindingsOf(fixture.store()) == "");
    // Past the life of every key, even of one that was used before the clock stepped back.
    fixture.clock().Advance(std::chrono::hours(40));
  }
  RC_ASSERT(fixture.logged() == "");
}

TEST(ConcurrentCallers, GetOneEffectAndOneResponseForIdenticalRequests) {
  ServiceFixture fixture;
  Model::Write write;
  write.operation = "register";
  write.key = "identical";
  std::vector<std::string> responses(64);
  std::atomic<int> replayed{0};
  RunTogether(64, 4, [&](int number) -> Task<void> {
    service::NewUser user;
    user.email = "same@x.org";
    user.name = "Same";
    auto result = co_await fixture.users().Register(ContextOf(write, kArns[0]), user);
    if (!result.ok()) co_return;
    if (result->replayed) ++replayed;
    responses[static_cast<std::size_t>(number)] = result->response.location + result->response.body;
  });
  EXPECT_EQ(replayed, 63);
  EXPECT_EQ(std::set<std::string>(responses.begin(), responses.end()).size(), 1U);
  std::uint64_t users = 0;
  EXPECT_EQ(FindingsOf(fixture.store(), &users), "");
  EXPECT_EQ(users, 1U);
}

TEST(ConcurrentCallers, AllTakeEffectOnOneUser) {
  ServiceFixture fixture;
  Model::Write write;
  write.operation = "register";
  service::NewUser user;
  user.email = "one@x.org";
  user.name = "One";
  const std::string id =
      RunTask(fixture.users().Register(ContextOf(write, kArns[0]), user))->response.location;
  std::vector<std::uint64_t> versions(64);
  RunTogether(64, 4, [&](int rival) -> Task<void> {
    Model::Write change_write;
    change_write.operation = "update";
    service::ProfileChange change;
    change.name = "Name " + std::to_string(rival);
    auto result =
        co_await fixture.users().UpdateProfile(ContextOf(change_write, kArns[0]), id, change);
    if (result.ok()) versions[static_cast<std::size_t>(rival)] = result->response.version;
  });
  std::sort(versions.begin(), versions.end());
  for (std::size_t i = 0; i < versions.size(); ++i) EXPECT_EQ(versions[i], i + 2);
  EXPECT_EQ(FindingsOf(fixture.store()), "");
}

// Rivals take one handle for either of two users and release it again. At every moment one of them
// has it, or neither.
TEST(ConcurrentCallers, MoveAHandleBetweenTwoUsers) {
  for (const HandleKind kind : domain::kHandleKinds) {
    SCOPED_TRACE(NameOf(kind));
    ServiceFixture fixture(2);
    const std::vector<std::string> ids = {MakeUser(fixture, "0@x.org"),
                                          MakeUser(fixture, "1@x.org")};
    std::atomic<int> taken{0};
    std::atomic<int> unexpected{0};
    RunTogether(64, 4, [&](int rival) -> Task<void> {
      const auto whose = static_cast<std::size_t>(rival % 2);
      for (int i = 0; i < 2; ++i) {
        RandomCall call;
        call.kind = RandomCall::Kind::kUpdate;
        call.target = ids[whose];
        const bool takes = i % 2 == 0;
        std::optional<std::string> value;
        if (takes) value = "shared@x.org";
        if (!takes && kind == HandleKind::kEmail) value = std::to_string(whose) + "@x.org";
        SetHandle(call, kind, value);
        auto outcome = co_await Perform(fixture.users(), call, "rival");
        if (outcome.ok() && takes) ++taken;
        if (!outcome.ok() && outcome.error().code != ErrorCode::kConflict) ++unexpected;
        auto found = co_await fixture.users().FindByHandle(ReadContext(), kind, "shared@x.org",
                                                           std::nullopt);
        if (!found.ok() || found->users.size() > 1) ++unexpected;
      }
    });
    EXPECT_EQ(unexpected, 0);
    EXPECT_GT(taken, 0);
    EXPECT_EQ(BrokenInvariantsOf(fixture.store()), "");
    EXPECT_EQ(FindingsOf(fixture.store()), "");
  }
}

}  // namespace
}  // namespace users::testing
