#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/puts.h"
#include "support/latencies.h"
#include "support/usage.h"

namespace users::bench {

struct BareEngineOptions {
  std::string data;  // a data directory of usersd, which is changed
  std::size_t submitters = 64;
  std::uint64_t warm_up = 0;       // registrations that count for nothing
  bool threads = false;            // each submitter is one
  bool judges_conditions = false;  // one read for each, as the service must
};

struct BareEngineResult {
  std::string failure;
  Latencies latencies;
};

// Puts the registrations into the bare engine, opened with the store's own options, as fast as a
// group-commit writer can: a thread writes all that wait with one synced write; a submitter submits
// its next registration when its last is durable. Keys and values are ready before: nothing but the
// engine is measured. One thread stands for all submitters, which wakes nobody for a single
// registration and is the highest ceiling; or, with `threads`, each is a thread, as in a program
// that embeds the engine.
BareEngineResult RunBareEngine(const std::vector<RawRegistration>& registrations,
                               const BareEngineOptions& options, UsageMeter& meter);

}  // namespace users::bench
