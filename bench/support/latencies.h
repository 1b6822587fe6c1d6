#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace users::bench {

// All latencies of a run, so that quantiles are exact. Not thread-safe.
class Latencies {
 public:
  // Reserves space for this many latencies.
  void Reserve(std::size_t count) { nanoseconds_.reserve(count); }
  // Adds one latency.
  void Add(std::int64_t nanoseconds) { nanoseconds_.push_back(nanoseconds); }
  // Adds all latencies of another object.
  void Add(const Latencies& others);
  std::size_t count() const { return nanoseconds_.size(); }

  // Returns a quantile of the latencies so far in microseconds, or 0 if there are none. `share` is
  // from 0 to 1.
  double Quantile(double share);

 private:
  std::vector<std::int64_t> nanoseconds_;
};

}  // namespace users::bench
