#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "server/metrics.h"

namespace users::server {

// Whether requests are really served, as a list of named checks. All checks are added before the
// first question; after that it is thread-safe.
class Health {
 public:
  // `passes` is thread-safe and never waits: it looks at what others have found out.
  void Add(std::string name, std::function<bool()> passes);

  // The names of the checks that fail now, in the order in which they were added.
  std::vector<std::string_view> Failing() const;

  // One gauge for each check: users_health{check="..."} is 1 while it passes, else 0. This outlives
  // the metrics' use.
  void AddMetrics(Metrics& metrics) const;

 private:
  struct Check {
    std::string name;
    std::function<bool()> passes;
  };
  std::vector<Check> checks_;
};

}  // namespace users::server
