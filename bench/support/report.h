#pragma once

#include <string>
#include <string_view>

#include "support/latencies.h"

namespace users::bench {

// One JSON object of numbers and texts, for bench/run. Not thread-safe.
class Report {
 public:
  // Add one member.
  Report& Number(std::string_view name, double value);
  Report& Text(std::string_view name, std::string_view value);
  // Adds p50, p99, p999 and max, in microseconds.
  Report& Quantiles(std::string_view name, Latencies& latencies);
  // Returns the object as one line.
  std::string Line() const { return "{" + members_ + "}\n"; }

 private:
  void Name(std::string_view name);
  std::string members_;
};

}  // namespace users::bench
