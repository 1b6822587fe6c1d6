#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "server/metrics.h"

namespace users::server {

// A list of named checks that say whether requests are really served. Add all checks before the
// first call of another method. After that it is thread-safe.
class Health {
 public:
  // `passes` must be thread-safe and must never wait: it reads the results of other threads.
  void Add(std::string name, std::function<bool()> passes);

  // Returns the names of the checks that fail now, in the order in which they were added.
  std::vector<std::string_view> Failing() const;

  // Adds one gauge for each check: users_health{check="..."} is 1 while it passes, otherwise 0.
  // This must outlive the use of the metrics.
  void AddMetrics(Metrics& metrics) const;

 private:
  struct Check {
    std::string name;
    std::function<bool()> passes;
  };
  std::vector<Check> checks_;
};

}  // namespace users::server
