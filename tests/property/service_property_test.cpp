// What must always hold (the contract's list), and which property on random operations of many
// callers with faults in between holds it:
//
//   1  unique ids and addresses   ConcurrentCallers (random rivals, few addresses in both letter
//                                 cases); Service
//   2  version = entries          BrokenInvariantsOf after every property here, and the checker of
//      timestamps                 `usersd check` beside it, which is another program text
//   3  the chain                  AuditTrail, unit/audit/chain_tampering_test
//   4  replay                     BrokenInvariantsOf (replays from nothing); AuditTrail (through
//   the
//                                 audit query)
//   5  lists and indexes          BrokenInvariantsOf; ListWalk (pages while users change)
//   6  durability                 PowerLoss here (one caller, exact state);
//                                 faults/power_loss_test (many callers, thousands of cuts)
//   7  one key, one effect        ConcurrentCallers (twins, lost answers, clock past the expiry);
//                                 Service
//   8  events                     Events (failing target, restarts, lost checkpoints)
//   9  signature and policy       Door (every signed part mutated; policies against an oracle)
//  10  linearizability            Linearizability, per user and per address, with the histories of
//                                 unknown outcome open; tests/linearizability on the real server
//
// Faults come from one place each: UnreliableStore between service and store, and
// UnreliableFileSystem below the store.
#include <gtest/gtest.h>
#include <rocksdb/env.h>

#include "faults/unreliable_file_system.h"
#include "property/calls.h"
#include "property/invariants.h"
#include "property/player.h"
#include "property/property.h"
#include "property/service_fixture.h"

namespace users::testing {
namespace {

void StepTheClock(ServiceFixture& fixture) {
  fixture.clock().Advance(std::chrono::minutes(*rc::gen::inRange(-600, 1500)));
}

// Random operations of several callers, with restarts, clock steps and several list shards between
// them: every answer is the model's.
PROPERTY(Service, AnswersAsTheContractInOneMapWould, 40) {
  ServiceFixture fixture(*rc::gen::inRange<std::uint32_t>(1, 5));
  Player player(fixture);
  const int steps = *rc::gen::inRange(1, 60);
  for (int step = 0; step < steps; ++step) {
    if (OneIn(25)) fixture.Restart();
    if (OneIn(5)) StepTheClock(fixture);
    RC_ASSERT(player.PlayWrite());
  }
  player.CompareReads();
  RC_ASSERT(fixture.logged() == "");
}

// The same with a line to the store that loses requests and answers: whoever gets an answer gets
// the model's, and who gets none had the whole effect or none at all.
PROPERTY(Service, HasAWholeEffectOrNoneWhereTheStoreFails, 40) {
  ServiceFixture fixture(*rc::gen::inRange<std::uint32_t>(1, 5));
  Player player(fixture);
  const int steps = *rc::gen::inRange(1, 60);
  const std::uint64_t seed = AnySeed();
  for (int step = 0; step < steps; ++step) {
    if (OneIn(25)) fixture.Restart();
    if (OneIn(5)) StepTheClock(fixture);
    fixture.unreliable().SetFaults({.lost_requests = 10, .lost_answers = 25, .conflicts = 20},
                                   seed + static_cast<std::uint64_t>(step));
    if (!player.PlayWrite()) player.SettleUnknown();
  }
  fixture.unreliable().SetFaults({}, 0);
  player.CompareReads();
  RC_ASSERT(fixture.logged() == "");
}

// Power is cut at any operation of the disk, some of what was not synced is lost or torn, and the
// state that returns is the model's to the last field.
PROPERTY(PowerLoss, LeavesExactlyWhatWasAcknowledged, 25) {
  const auto disk = std::make_shared<UnreliableFileSystem>();
  const auto env = rocksdb::NewCompositeEnv(disk);
  ServiceFixture fixture(2, env.get());
  Player player(fixture);
  std::mt19937_64 random(AnySeed());
  const int cuts = *rc::gen::inRange(1, 4);
  for (int cut = 0; cut < cuts; ++cut) {
    disk->CutPowerAfter(*rc::gen::inRange<std::uint64_t>(1, 60));
    for (int step = 0; step < 40; ++step) {
      if (!player.PlayWrite()) break;
    }
    disk->CutPowerAfter(0);
    fixture.Close();
    disk->RestorePower(random);
    fixture.Open();
    player.SettleUnknown();
    player.CompareReads();
  }
}

}  // namespace
}  // namespace users::testing
