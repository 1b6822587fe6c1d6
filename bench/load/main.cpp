#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/ulid.h"
#include "load/client.h"
#include "load/requests.h"
#include "load/workload.h"
#include "support/report.h"
#include "support/usage.h"

// Puts a load on a server and prints one JSON object: rate, latencies, CPU and memory. The exit
// code is 1 if a response was wrong or the run did not finish, so that errors cannot look fast.
namespace users::bench {
namespace {

struct Options {
  WorkloadOptions workload;
  ClientOptions client;
  SigningOptions signing;
  std::uint64_t requests = 100'000;
  std::vector<pid_t> server;
  std::string save_body;
};

void AddOptions(CLI::App& app, Options& options) {
  app.add_option("--port", options.client.port, "The server's port on 127.0.0.1")->required();
  app.add_option("--workload", options.workload.name, "get, list, search or create")
      ->check(CLI::IsMember({"get", "list", "search", "create"}))
      ->required();
  app.add_option("--users-file", options.workload.users_file,
                 "The ids of the existing users, 26 bytes each (for get, list and search)");
  app.add_option("--zipf", options.workload.zipf,
                 "Choose users by Zipf's law with this exponent; 0: uniformly")
      ->check(CLI::Range(0.0, 0.999));
  app.add_option("--page", options.workload.page, "List this page; 0: a random one");
  app.add_option("--filter", options.workload.filter,
                 "List only these users: status=STATUS or role=ROLE");
  app.add_option("--limit", options.workload.limit, "Users per page")->check(CLI::Range(1, 100));
  app.add_option("--expect-bytes", options.workload.expected_bytes,
                 "Expect status 200 and a body of this many bytes for every request");
  app.add_option("--connections", options.client.connections, "Connections")
      ->check(CLI::Range(1, 10'000));
  app.add_option("--requests", options.requests, "Requests that are counted")
      ->check(CLI::PositiveNumber);
  app.add_option("--warm-up", options.client.warm_up, "Requests before those, not counted");
  app.add_option("--rate", options.client.rate,
                 "Requests per second of an open loop; 0: closed loop");
  app.add_option("--longest", options.client.longest_seconds,
                 "Seconds after which no more requests are sent");
  app.add_option("--most-seconds", options.client.max_seconds, "Seconds after which the run fails");
  app.add_option("--principals", options.signing.principals, "Number of principals that sign")
      ->check(CLI::PositiveNumber);
  app.add_option("--seed", options.client.seed, "Seed of all random choices");
  app.add_option("--server-pid", options.server,
                 "Processes whose CPU time and memory are reported");
  app.add_option("--save-body", options.save_body, "File for the body of the last response");
}

int Run(Options& options) {
  options.workload.seed = options.signing.seed = options.client.seed;
  const std::string run = RandomUlid(SystemClock()).ToString();
  options.workload.run = options.signing.run = run;
  options.signing.host = "127.0.0.1:" + std::to_string(options.client.port);

  std::string why;
  const auto workload = MakeWorkload(options.workload, why);
  if (workload == nullptr) {
    std::fprintf(stderr, "bench_load: %s\n", why.c_str());
    return 2;
  }
  const SignedRequests requests(*workload, options.client.warm_up + options.requests,
                                options.signing);
  UsageMeter meter(options.server);
  ClientResult result = RunClient(requests, *workload, options.client, meter);
  if (!result.failure.empty() || result.wrong > 0) {
    std::fprintf(stderr, "bench_load: %s%llu wrong responses; the first: %s\n",
                 result.failure.empty() ? "" : (result.failure + "; ").c_str(),
                 static_cast<unsigned long long>(result.wrong), result.first_wrong.c_str());
    return 1;
  }
  if (!options.save_body.empty()) {
    if (!WriteFileAtomically(options.save_body, result.sample_body, 0600).ok()) return 2;
  }
  const auto responses = static_cast<double>(result.responses);
  Report report;
  report.Text("workload", options.workload.name);
  report.Text("loop", options.client.rate > 0 ? "open" : "closed");
  report.Number("responses", responses);
  report.Number("bodyBytes", static_cast<double>(result.body_bytes) / responses);
  meter.AddTo(report, responses);
  report.Quantiles("microseconds", result.latencies);
  std::fputs(report.Line().c_str(), stdout);
  return 0;
}

}  // namespace
}  // namespace users::bench

int main(int argc, char** argv) {
  CLI::App app("Puts a load of signed requests on a server and prints the results as JSON",
               "bench_load");
  users::bench::Options options;
  options.signing.principals = 1000;
  users::bench::AddOptions(app, options);
  CLI11_PARSE(app, argc, argv);
  return users::bench::Run(options);
}
