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

// The load of a run.
struct ClientOptions {
  std::uint16_t port = 0;
  std::size_t connections = 64;
  std::uint64_t warm_up = 0;  // the first requests, which are not counted
  // Requests per second, at random times (a Poisson process) that are fixed before the run: an open
  // loop. 0 means a closed loop: each connection sends its next request after the response to the
  // last one.
  double rate = 0;
  std::uint64_t seed = 1;
  // After this time no more requests are sent, and the responses so far count. Warm-up ends after a
  // third of it at the latest.
  double longest_seconds = 60;
  double max_seconds = 120;  // the run fails after this time
};

// The result of a run.
struct ClientResult {
  std::string failure;          // why the run is void; empty if it is valid
  std::uint64_t responses = 0;  // counted responses
  std::uint64_t wrong = 0;      // wrong responses, including those of the warm-up
  std::string first_wrong;      // the first wrong response
  std::uint64_t body_bytes = 0;
  std::string sample_body;  // of the last response
  Latencies latencies;
};

// Sends the requests to 127.0.0.1 from one thread, one request at a time on each connection, and
// checks every response. In an open loop, a request waits if no connection is free. Its latency
// starts at the time at which it was due, so that a slow server cannot hide behind a client that
// waits for it (coordinated omission). `meter` runs while requests are counted.
ClientResult RunClient(const SignedRequests& requests, const Workload& workload,
                       const ClientOptions& options, UsageMeter& meter);

}  // namespace users::bench
