#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "load/requests.h"
#include "load/workload.h"
#include "support/latencies.h"
#include "support/usage.h"

namespace users::bench {

struct ClientOptions {
  std::uint16_t port = 0;
  std::size_t connections = 64;
  std::uint64_t warm_up = 0;  // the first so many requests count for nothing
  // Requests a second, at random moments (a Poisson process) that are fixed before the run: an open
  // loop. 0: a closed loop, each connection sends its next request after the answer to the last.
  double rate = 0;
  std::uint64_t seed = 1;
  // Then nothing more is sent, and what was answered counts; warm-up ends after a third of it.
  double longest_seconds = 60;
  double most_seconds = 120;  // then the run has failed
};

struct ClientResult {
  std::string failure;        // why the run is void; empty if it is good
  std::uint64_t answers = 0;  // that count
  std::uint64_t wrong = 0;    // of all, warm-up included
  std::string first_wrong;    // what the first wrong answer was
  std::uint64_t body_bytes = 0;
  std::string sample_body;  // of the last good answer
  Latencies latencies;
};

// Sends the requests over connections to 127.0.0.1 from one thread, one request at a time on each
// connection, and judges every answer. In an open loop a request that no connection is free for
// waits for one; its latency counts from the moment at which it was to be sent, so that a slow
// server cannot hide behind a client that waits for it (coordinated omission). `meter` runs while
// requests count.
ClientResult RunClient(const SignedRequests& requests, const Workload& workload,
                       const ClientOptions& options, UsageMeter& meter);

}  // namespace users::bench
