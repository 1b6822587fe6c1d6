// The contract's list of what must always hold, and the properties that test each point with random
// operations of many callers and with faults:
//
//   1  unique ids and handles     ConcurrentCallers (random rivals, few handles in both letter
//                                 cases); Service
//   2  version = entries          BrokenInvariantsOf after every property here, and the checker of
//      timestamps                 `usersd check`, which shares no code with it
//   3  the chain                  AuditTrail, unit/audit/chain_tampering_test
//   4  replay                     BrokenInvariantsOf (replays from nothing);
//                                 AuditTrail (through the audit query)
//   5  lists and indexes          BrokenInvariantsOf; ListWalk (pages while users change, by
//                                 role too)
//   6  durability                 PowerLoss here (one caller, exact state);
//                                 faults/power_loss_test (many callers, thousands of cuts)
//   7  one key, one effect        ConcurrentCallers (identical requests, lost responses, clock past
//                                 the expiry); Service
//   8  events                     Events (failing target, restarts, lost checkpoints)
//   9  signature and policy       Door (every signed part mutated; policies against an oracle)
//  10  linearizability            Linearizability (per user and per handle, with operations of
//                                 unknown outcome); tests/linearizability on the real server
//
// Each kind of fault has one source: UnreliableStore between service and store, and
// UnreliableFileSystem below the store.
#include <gtest/gtest.h>
#include <rocksdb/env.h>

#include "property/calls.h"
#include "property/invariants.h"
#include "property/player.h"
#include "property/property.h"
#include "support/service_fixture.h"
#include "support/unreliable_file_system.h"

namespace users::testing {
namespace {

void StepTheClock(ServiceFixture& fixture) {
  fixture.clock().Advance(std::chrono::minutes(*rc::gen::inRange(-600, 1500)));
}

// Random operations of several callers, with restarts, clock steps and several list shards: every
// response is the model's.
PROPERTY(Service, RespondsLikeTheModel, 40) {
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

// The same with a connection that loses requests and responses. A caller that gets a response gets
// the model's. A caller that gets none had the whole effect or no effect.
PROPERTY(Service, AppliesWritesWhollyOrNotAtAllIfTheStoreFails, 40) {
  ServiceFixture fixture(*rc::gen::inRange<std::uint32_t>(1, 5));
  Player player(fixture);
  const int steps = *rc::gen::inRange(1, 60);
  const std::uint64_t seed = AnySeed();
  for (int step = 0; step < steps; ++step) {
    if (OneIn(25)) fixture.Restart();
    if (OneIn(5)) StepTheClock(fixture);
    fixture.unreliable().SetFaults({.lost_requests = 10, .lost_responses = 25, .conflicts = 20},
                                   seed + static_cast<std::uint64_t>(step));
    if (!player.PlayWrite()) player.SettleUnknown();
  }
  fixture.unreliable().SetFaults({}, 0);
  player.CompareReads();
  RC_ASSERT(fixture.logged() == "");
}

// The power fails at a random disk operation, and some unsynced data is lost or torn. The state
// after that is the model's in every field.
PROPERTY(PowerLoss, KeepsExactlyTheAcknowledgedWrites, 25) {
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
