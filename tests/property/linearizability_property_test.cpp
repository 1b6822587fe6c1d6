// The responses that concurrent callers got about one user, or about one handle, can be put into one
// order that explains them all. If a response is lost, the outcome of its write is
// unknown.
#include <gtest/gtest.h>

#include <atomic>

#include "base/mutex.h"
#include "base/text/text.h"
#include "property/linearizability.h"
#include "property/property.h"
#include "property/random_call.h"
#include "support/run_task.h"
#include "support/service_fixture.h"

namespace users::testing {
namespace {

using domain::HandleKind;
using domain::UserStatus;
using Faults = UnreliableStore::Faults;

constexpr int kThreads = 2;
constexpr Faults kBadLine{.lost_requests = 5, .lost_responses = 10, .conflicts = 10};

// Records what callers do and see.
class History {
 public:
  std::uint64_t Now() { return ++clock_; }
  void Add(HistoryEvent event) {
    const MutexLock lock(mutex_);
    events_.push_back(std::move(event));
  }
  const std::vector<HistoryEvent>& events() const { return events_; }

 private:
  std::atomic<std::uint64_t> clock_{0};
  Mutex mutex_;
  std::vector<HistoryEvent> events_ USERS_GUARDED_BY(mutex_);
};

// Operations on a register, to test the checker itself.
HistoryEvent Written(std::uint64_t begin, std::uint64_t end, const std::string& value) {
  return {begin, end, [value](const std::string&) { return std::optional(value); }};
}
HistoryEvent Seen(std::uint64_t begin, std::uint64_t end, const std::string& value) {
  return {begin, end, [value](const std::string& state) {
            return state == value ? std::optional(state) : std::nullopt;
          }};
}

TEST(Linearizability, IsDecidedCorrectlyForKnownHistories) {
  const std::uint64_t never = std::numeric_limits<std::uint64_t>::max();
  EXPECT_TRUE(IsLinearizable({}, ""));
  EXPECT_TRUE(IsLinearizable({Written(1, 2, "a"), Seen(3, 4, "a")}, ""));
  EXPECT_FALSE(IsLinearizable({Written(1, 2, "a"), Seen(3, 4, "")}, ""));
  EXPECT_TRUE(IsLinearizable({Written(1, 4, "a"), Seen(2, 3, "")}, ""));
  EXPECT_TRUE(IsLinearizable({Written(1, 4, "a"), Seen(2, 3, "a")}, ""));
  // Seen, and then no longer seen.
  EXPECT_FALSE(IsLinearizable({Written(1, 6, "a"), Seen(2, 3, "a"), Seen(4, 5, "")}, ""));
  // A write of unknown outcome may happen never or late, but it is not undone.
  EXPECT_TRUE(IsLinearizable({Written(1, never, "a"), Seen(2, 3, "")}, ""));
  EXPECT_TRUE(IsLinearizable({Written(1, never, "a"), Seen(2, 3, ""), Seen(4, 5, "a")}, ""));
  EXPECT_FALSE(IsLinearizable({Written(1, never, "a"), Seen(2, 3, "a"), Seen(4, 5, "")}, ""));
}

// The state of a user in a history: its version and everything that responses show of it.
std::string NextState(const RandomCall& call, const std::string& state, std::string& error) {
  const auto parts = Split(state, '|');  // name, status, roles, version
  std::string name(parts[0]);
  std::string status(parts[1]);
  std::string role(parts[2]);
  const std::uint64_t version = std::stoull(std::string(parts[3]));
  if (call.if_match && *call.if_match != version) {
    error = "PRECONDITION_FAILED";
    return state;
  }
  if (call.kind == RandomCall::Kind::kUpdate) name = call.name;
  if (call.kind == RandomCall::Kind::kStatus) status = domain::NameOf(call.status);
  if (call.kind == RandomCall::Kind::kAssign) role = call.role;
  if (call.kind == RandomCall::Kind::kRemove) {
    if (role.empty()) error = "NOT_FOUND";
    role.clear();
  }
  const std::string changed = name + "|" + status + "|" + role + "|";
  if (state.starts_with(changed)) return state;
  return changed + std::to_string(version + 1);
}

std::string StateOf(const domain::User& user) {
  return user.name + "|" + std::string(domain::NameOf(user.status)) + "|" +
         (user.roles.empty() ? "" : user.roles[0]) + "|" + std::to_string(user.version);
}

// Plays two rounds of concurrent callers, each of which does `step` five times.
template <class Step>
void PlayRounds(ServiceFixture& fixture, std::uint64_t seed, const Faults& faults, Step step) {
  const int callers = 2 + static_cast<int>(seed % 4);
  for (int round = 0; round < 2; ++round) {
    fixture.unreliable().SetFaults(faults, seed + static_cast<std::uint64_t>(round));
    RunTogether(callers, kThreads, [&](int caller) -> Task<void> {
      std::mt19937_64 random(seed * 100 + static_cast<std::uint64_t>(10 * round + caller));
      for (int i = 0; i < 5; ++i) {
        co_await step(random);
      }
    });
    fixture.unreliable().SetFaults({}, 0);
    fixture.Restart();
  }
}

// Plays rounds of callers that read and change one user. Returns whether the history is
// linearizable.
bool PlayOneUser(std::uint64_t seed, const Faults& faults) {
  ServiceFixture fixture;
  RandomCall creation;
  creation.email = "one@x.org";
  creation.name = "N";
  const std::string id = RunTask(Perform(fixture.users(), creation, "seed"))->response.location;
  History history;
  PlayRounds(fixture, seed, faults, [&](std::mt19937_64& random) -> Task<void> {
    HistoryEvent event;
    event.begin = history.Now();
    if (random() % 3 == 0) {
      auto got = co_await fixture.users().GetUser(ReadContext(), id);
      if (!got.ok()) co_return;  // a lost read has no information
      event.end = history.Now();
      event.apply = [shown = StateOf(*got)](const std::string& state) {
        return state == shown ? std::optional(state) : std::nullopt;
      };
      history.Add(event);
      co_return;
    }
    RandomCall call;
    call.target = id;
    call.kind = static_cast<RandomCall::Kind>(1 + random() % 4);
    call.name = "N" + std::to_string(random() % 3);
    call.role = "viewer";
    call.status = random() % 2 == 0 ? UserStatus::kActive : UserStatus::kDisabled;
    if (random() % 3 == 0) call.if_match = 1 + random() % 6;
    auto outcome = co_await Perform(fixture.users(), call, "any");
    const std::string error = outcome.ok() ? "" : ErrorText(outcome.error());
    const std::uint64_t version = outcome.ok() ? outcome->response.version : 0;
    const bool known = error != "UNAVAILABLE";
    if (known) event.end = history.Now();
    event.apply = [=](const std::string& state) -> std::optional<std::string> {
      std::string expected;
      std::string next = NextState(call, state, expected);
      if (known && error != expected) return std::nullopt;
      if (known && error.empty() && !next.ends_with("|" + std::to_string(version))) {
        return std::nullopt;
      }
      return next;
    };
    history.Add(event);
  });
  return IsLinearizable(history.events(), "N|active||1");
}

// A handle that users share, and the error of one that does not get it.
struct Shared {
  HandleKind kind;
  std::vector<std::string> forms;  // in which it is written
  std::string conflict;
};

const std::vector<Shared> kShared = {
    {HandleKind::kEmail, {"shared@x.org", "Shared@x.org"}, "CONFLICT EMAIL_IN_USE"},
    {HandleKind::kExternalId, {"shared"}, "CONFLICT EXTERNAL_ID_IN_USE"},
    {HandleKind::kUserName, {"shared", "SHARED"}, "CONFLICT USER_NAME_IN_USE"},
};

// The same for one handle, which users take and release, or have when they are deleted. The state
// is the owner and the deleted users.
bool PlayOneHandle(const Shared& shared, std::uint64_t seed, const Faults& faults) {
  ServiceFixture fixture(2);
  std::vector<std::string> ids;
  for (const char* name : {"p0@x.org", "p1@x.org", "p2@x.org"}) {
    RandomCall creation;
    creation.email = name;
    creation.name = "N";
    ids.push_back(RunTask(Perform(fixture.users(), creation, "seed"))->response.location);
  }
  History history;
  PlayRounds(fixture, seed, faults, [&](std::mt19937_64& random) -> Task<void> {
    HistoryEvent event;
    event.begin = history.Now();
    const auto kind = random() % 8;
    if (kind < 3) {
      std::string form = shared.forms.back();
      auto found = co_await fixture.users().FindByHandle(ReadContext(), shared.kind,
                                                         std::move(form), std::nullopt);
      if (!found.ok()) co_return;
      event.end = history.Now();
      const std::string owner = found->users.empty() ? "nobody" : found->users[0].user_id;
      event.apply = [owner](const std::string& state) {
        return state.starts_with(owner) ? std::optional(state) : std::nullopt;
      };
      history.Add(event);
      co_return;
    }
    RandomCall call;
    const std::size_t whose = random() % ids.size();
    call.target = ids[whose];
    call.kind = RandomCall::Kind::kUpdate;
    call.name = "N";
    const bool takes = kind < 6;
    const bool dies = kind == 7 && random() % 2 == 0;
    if (takes) {
      SetHandle(call, shared.kind, shared.forms[random() % shared.forms.size()]);
    } else if (shared.kind == HandleKind::kEmail) {
      call.email = "p" + std::to_string(whose) + "@x.org";
    } else {
      SetHandle(call, shared.kind, std::nullopt);
    }
    if (dies) {
      call.kind = RandomCall::Kind::kStatus;
      call.status = UserStatus::kDeleted;
    }
    auto outcome = co_await Perform(fixture.users(), call, "any");
    const std::string error = outcome.ok() ? "" : ErrorText(outcome.error());
    const bool known = error != "UNAVAILABLE";
    if (known) event.end = history.Now();
    event.apply = [=](const std::string& state) -> std::optional<std::string> {
      const auto parts = Split(state, '|');
      std::string owner(parts[0]);
      std::string deleted(parts[1]);
      std::string expected;
      if (deleted.find(call.target) != std::string::npos) {
        if (!dies) expected = "NOT_FOUND";
      } else if (takes && owner != "nobody" && owner != call.target) {
        expected = shared.conflict;
      } else {
        if (takes) owner = call.target;
        if (!takes && owner == call.target) owner = "nobody";
        if (dies) deleted += call.target;
      }
      if (known && error != expected) return std::nullopt;
      return owner + "|" + deleted;
    };
    history.Add(event);
  });
  return IsLinearizable(history.events(), "nobody|");
}

PROPERTY(Linearizability, HoldsForAUser, 20) {
  RC_ASSERT(PlayOneUser(AnySeed() >> 16, kBadLine));
}

PROPERTY(Linearizability, HoldsForEachHandle, 15) {
  for (const Shared& shared : kShared) {
    RC_ASSERT(PlayOneHandle(shared, AnySeed() >> 16, kBadLine));
  }
}

// The test of the test: it must detect a store whose reads are sometimes stale.
template <class Play>
bool FindsStaleReads(Play play) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    if (!play(seed, Faults{.stale_reads = 30})) return true;
  }
  return false;
}

TEST(Linearizability, IsBrokenByStaleReads) {
  EXPECT_TRUE(FindsStaleReads(PlayOneUser));
  for (const Shared& shared : kShared) {
    EXPECT_TRUE(FindsStaleReads([&](std::uint64_t seed, const Faults& faults) {
      return PlayOneHandle(shared, seed, faults);
    })) << NameOf(shared.kind);
  }
}

}  // namespace
}  // namespace users::testing
