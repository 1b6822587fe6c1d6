// Walks over lists while users change. A walk neither skips nor repeats a user that was in the list
// throughout.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "property/invariants.h"
#include "property/property.h"
#include "property/seed_user.h"

namespace users::testing {
namespace {

using domain::UserStatus;
using Faults = UnreliableStore::Faults;

constexpr int kThreads = 2;

// Walks a list page by page while users change status and name, are deleted and are created. Walks
// continue across restarts.
class ListWalker {
 public:
  // Draws the size of a page.
  explicit ListWalker(const service::ListFilter& filter) {
    query_.filter = filter;
    query_.limit = *rc::gen::inRange<std::size_t>(1, 5);
  }

  Task<void> TakePages(service::UserService& users, int pages) {
    for (int i = 0; i < pages && !done_; ++i) {
      auto page = co_await users.ListUsers(ReadContext(), query_);
      if (!page.ok()) continue;  // lost: read the same page again
      for (const auto& user : page->users) seen_.push_back(user.user_id);
      if (page->users.size() > query_.limit) too_long_ = true;
      done_ = !page->continue_after;
      if (!done_) query_.after = *page->continue_after;
    }
  }

  bool done() const { return done_; }
  void Check(const std::set<std::string>& there, const std::set<std::string>& gone) const {
    RC_ASSERT(!too_long_);
    RC_ASSERT(std::is_sorted(seen_.begin(), seen_.end()));
    const std::set<std::string> unique(seen_.begin(), seen_.end());
    RC_ASSERT(unique.size() == seen_.size());
    for (const std::string& id : there) RC_ASSERT(unique.contains(id));
    for (const std::string& id : gone) RC_ASSERT(!unique.contains(id));
  }

 private:
  service::ListQuery query_;
  std::vector<std::string> seen_;
  bool too_long_ = false;
  bool done_ = false;
};

bool AnyWalks(const std::vector<ListWalker>& walkers) {
  return std::any_of(walkers.begin(), walkers.end(), [](const auto& w) { return !w.done(); });
}

service::ListFilter Filter(std::optional<UserStatus> status,
                           std::optional<std::string> role = std::nullopt) {
  service::ListFilter filter;
  filter.status = status;
  filter.role = std::move(role);
  return filter;
}

PROPERTY(ListWalk, NeitherSkipsNorRepeatsUsersThatStay, 20) {
  ServiceFixture fixture(*rc::gen::inRange<std::uint32_t>(1, 6));
  std::set<std::string> resting;  // never changed
  std::set<std::string> there;    // live during the whole walk, with any status
  std::set<std::string> gone;     // deleted before the walks started
  std::vector<std::string> flipping;
  std::vector<std::string> leaving;
  const int users = *rc::gen::inRange(3, 30);
  for (int i = 0; i < users; ++i) {
    fixture.clock().Advance(std::chrono::milliseconds(*rc::gen::inRange(-5, 20)));
    const std::string id = MakeUser(fixture, "u" + std::to_string(i) + "@x.org");
    const int fate = Below(4);
    if (fate == 0) resting.insert(id);
    if (fate <= 1) there.insert(id);
    if (fate == 1) flipping.push_back(id);
    if (fate == 2) leaving.push_back(id);
    if (fate == 3) {
      RandomCall call;
      call.kind = RandomCall::Kind::kStatus;
      call.target = id;
      call.status = UserStatus::kDeleted;
      RC_ASSERT(RunTask(Perform(fixture.users(), call, "gone")).ok());
      gone.insert(id);
    }
  }
  std::vector<ListWalker> all;
  std::vector<ListWalker> active;
  for (int i = 0; i < 3; ++i) {
    all.emplace_back(Filter(std::nullopt));
    active.emplace_back(Filter(UserStatus::kActive));
  }
  for (int round = 0; round < 100 && (AnyWalks(all) || AnyWalks(active)); ++round) {
    const std::uint64_t seed = AnySeed();
    fixture.unreliable().SetFaults(Faults{.lost_requests = 10, .lost_responses = 5}, seed);
    RunTogether(8, kThreads, [&](int number) -> Task<void> {
      const auto i = static_cast<std::size_t>(number);
      if (i < 3) co_return co_await all[i].TakePages(fixture.users(), 4);
      if (i < 6) co_return co_await active[i - 3].TakePages(fixture.users(), 4);
      std::minstd_rand random(static_cast<unsigned>(seed + i));
      for (int n = 0; n < 6; ++n) {
        RandomCall call;
        const std::string tag =
            std::to_string(round) + "." + std::to_string(number) + "." + std::to_string(n);
        const auto kind = random() % 4;
        const auto& targets = kind == 1 ? leaving : flipping;
        call.kind = RandomCall::Kind::kStatus;
        if (kind == 1) {
          call.status = UserStatus::kDeleted;
        } else if (kind == 2) {
          call.kind = RandomCall::Kind::kUpdate;
        } else if (kind == 3) {
          call.kind = RandomCall::Kind::kRegister;
        } else {
          call.status = random() % 2 == 0 ? UserStatus::kActive : UserStatus::kDisabled;
        }
        call.email = tag + "@x.org";
        call.name = "N" + tag;
        if (targets.empty() && kind != 3) continue;
        if (kind == 3 && round >= 50) continue;  // walkers must be able to reach the end
        if (kind != 3) call.target = targets[random() % targets.size()];
        auto outcome = co_await Perform(fixture.users(), call, tag);
        if (!outcome.ok() && ErrorText(outcome.error()).starts_with("UNEXPECTED")) std::abort();
      }
    });
    if (OneIn(4)) fixture.Restart();
  }
  for (const ListWalker& walker : all) {
    RC_ASSERT(walker.done());
    walker.Check(there, gone);
  }
  for (const ListWalker& walker : active) {
    RC_ASSERT(walker.done());
    walker.Check(resting, gone);
  }
  RC_ASSERT(BrokenInvariantsOf(fixture.store()) == "");
}

constexpr const char* kRole = "viewer";

RandomCall CallOfRole(bool assign, const std::string& target, const std::string& role) {
  RandomCall call;
  call.kind = assign ? RandomCall::Kind::kAssign : RandomCall::Kind::kRemove;
  call.target = target;
  call.role = role;
  return call;
}

RandomCall CallOfStatus(const std::string& target, UserStatus status) {
  RandomCall call;
  call.kind = RandomCall::Kind::kStatus;
  call.target = target;
  call.status = status;
  return call;
}

// The users of a walk by role.
struct Population {
  // Makes users, each with a random fate.
  explicit Population(ServiceFixture& fixture) {
    const int users = *rc::gen::inRange(3, 30);
    for (int i = 0; i < users; ++i) {
      fixture.clock().Advance(std::chrono::milliseconds(*rc::gen::inRange(-5, 20)));
      const std::string id = MakeUser(fixture, "u" + std::to_string(i) + "@x.org");
      const int fate = Below(6);
      if (fate == 0) resting.push_back(id);
      if (fate == 1) holding.push_back(id);
      if (fate == 2) flipping.push_back(id);
      if (fate == 3) leaving.push_back(id);
      if (fate == 4) without.push_back(id);
      if (fate == 5) deleted.push_back(id);
      if (fate != 4) Make(fixture, CallOfRole(true, id, kRole));
      if (fate == 5) Make(fixture, CallOfStatus(id, UserStatus::kDeleted));
    }
  }

  static void Make(ServiceFixture& fixture, const RandomCall& call) {
    RC_ASSERT(RunTask(Perform(fixture.users(), call, "population")).ok());
  }

  // A change that leaves each user its fate.
  RandomCall AnyChange(std::minstd_rand& random) const {
    const auto any_of = [&](const std::vector<std::string>& ids) {
      return ids.empty() ? std::string(kNoSuchUser) : ids[random() % ids.size()];
    };
    const bool coin = random() % 2 == 0;
    switch (random() % 6) {
      case 0:
        return CallOfRole(coin, any_of(flipping), kRole);
      case 1:
        return CallOfStatus(any_of(holding), coin ? UserStatus::kActive : UserStatus::kDisabled);
      case 2:
        return CallOfRole(coin, any_of(holding), "editor");
      case 3:
        return CallOfRole(coin, any_of(without), "editor");
      case 4:
        return CallOfStatus(any_of(leaving), UserStatus::kDeleted);
      default: {
        RandomCall call;
        call.kind = RandomCall::Kind::kUpdate;
        call.target = any_of(holding);
        call.name = "N" + std::to_string(random() % 3);
        return call;
      }
    }
  }

  std::vector<std::string> resting;   // have the role and never change
  std::vector<std::string> holding;   // have the role; everything else changes
  std::vector<std::string> flipping;  // get and lose the role
  std::vector<std::string> leaving;   // have the role until they are deleted
  std::vector<std::string> without;   // never have the role
  std::vector<std::string> deleted;   // had the role, and were deleted before the walk
};

std::set<std::string> Together(const std::vector<std::string>& a,
                               const std::vector<std::string>& b) {
  std::set<std::string> together(a.begin(), a.end());
  together.insert(b.begin(), b.end());
  return together;
}

PROPERTY(ListWalk, ByRoleNeitherSkipsNorRepeatsHolders, 20) {
  ServiceFixture fixture(*rc::gen::inRange<std::uint32_t>(1, 6));
  const Population people(fixture);
  std::vector<ListWalker> walkers = {
      ListWalker(Filter(std::nullopt, kRole)), ListWalker(Filter(std::nullopt, kRole)),
      ListWalker(Filter(UserStatus::kActive, kRole)), ListWalker(Filter(UserStatus::kDeleted))};
  for (int round = 0; round < 100 && AnyWalks(walkers); ++round) {
    const std::uint64_t seed = AnySeed();
    fixture.unreliable().SetFaults(Faults{.lost_requests = 10, .lost_responses = 5}, seed);
    RunTogether(7, kThreads, [&](int number) -> Task<void> {
      const auto i = static_cast<std::size_t>(number);
      if (i < walkers.size()) co_return co_await walkers[i].TakePages(fixture.users(), 3);
      std::minstd_rand random(static_cast<unsigned>(seed + i));
      for (int n = 0; n < 6; ++n) {
        RandomCall call = people.AnyChange(random);
        auto outcome = co_await Perform(fixture.users(), std::move(call), "change");
        if (!outcome.ok() && ErrorText(outcome.error()).starts_with("UNEXPECTED")) std::abort();
      }
    });
    if (OneIn(4)) fixture.Restart();
  }
  for (const ListWalker& walker : walkers) RC_ASSERT(walker.done());
  const auto gone = Together(people.without, people.deleted);
  walkers[0].Check(Together(people.resting, people.holding), gone);
  walkers[1].Check(Together(people.resting, people.holding), gone);
  walkers[2].Check(Together(people.resting, {}), gone);
  walkers[3].Check(Together(people.deleted, {}), Together(people.resting, people.holding));
  fixture.unreliable().SetFaults({}, 0);
  RC_ASSERT(BrokenInvariantsOf(fixture.store()) == "");
  RC_ASSERT(FindingsOf(fixture.store()) == "");
}

}  // namespace
}  // namespace users::testing
