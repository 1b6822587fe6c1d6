#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/puts.h"
#include "support/latencies.h"
#include "support/usage.h"

namespace users::bench {

// The options of a run.
struct BareEngineOptions {
  std::string data;  // a data directory of usersd; the run changes it
  std::size_t submitters = 64;
  std::uint64_t warm_up = 0;       // registrations that are not counted
  bool threads = false;            // each submitter is a thread
  bool checks_conditions = false;  // read each key that has a condition, as the service must
};

// The result of a run; `failure` is empty if it succeeded.
struct BareEngineResult {
  std::string failure;
  Latencies latencies;
};

// Puts the registrations into the bare engine, opened with the store's own options, as fast as a
// group-commit writer can. One thread writes all waiting registrations with one synced write. A
// submitter submits its next registration when its last one is durable. Keys and values are
// prepared before, so only the engine is measured.
//
// By default one thread acts for all submitters. It causes no wake-up for a single registration, so
// this is the highest ceiling. With `threads`, each submitter is a thread, as in a program that
// embeds the engine.
BareEngineResult RunBareEngine(const std::vector<RawRegistration>& registrations,
                               const BareEngineOptions& options, UsageMeter& meter);

}  // namespace users::bench
