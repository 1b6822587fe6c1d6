#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>

#include "engine/bare_engine.h"
#include "engine/puts.h"
#include "support/report.h"

// Measures the ceiling of durable writes: RocksDB does the puts of registrations and nothing else.
int main(int argc, char** argv) {
  namespace bench = users::bench;
  CLI::App app("Puts the items of registrations into the bare engine and prints JSON",
               "bench_engine");
  bench::BareEngineOptions options;
  std::uint64_t count = 100'000;
  app.add_option("--data", options.data, "A data directory of usersd; it is changed")->required();
  app.add_option("--registrations", count, "Registrations that are counted")
      ->check(CLI::PositiveNumber);
  app.add_option("--warm-up", options.warm_up, "Registrations before those, not counted");
  app.add_option("--submitters", options.submitters, "Registrations in progress at any moment")
      ->check(CLI::Range(1, 512));
  app.add_flag("--threads", options.threads, "Each submitter is a thread of its own");
  app.add_flag("--conditions", options.checks_conditions,
               "Read the keys that must be absent, as the service does");
  CLI11_PARSE(app, argc, argv);

  const auto registrations = bench::MakeRegistrations(options.warm_up + count);
  std::size_t puts = 0;
  std::size_t bytes = 0;
  for (const bench::RawPut& put : registrations.front()) {
    ++puts;
    bytes += put.key.size() + put.value.size();
  }
  const std::array<pid_t, 1> self = {::getpid()};
  bench::UsageMeter meter(self);
  bench::BareEngineResult result = bench::RunBareEngine(registrations, options, meter);
  if (!result.failure.empty()) {
    std::fprintf(stderr, "bench_engine: %s\n", result.failure.c_str());
    return 1;
  }
  bench::Report report;
  report.Text("workload", "engine");
  report.Number("putsOfARegistration", static_cast<double>(puts));
  report.Number("bytesOfARegistration", static_cast<double>(bytes));
  report.Number("responses", static_cast<double>(result.latencies.count()));
  meter.AddTo(report, static_cast<double>(result.latencies.count()));
  report.Quantiles("microseconds", result.latencies);
  std::fputs(report.Line().c_str(), stdout);
  return 0;
}
