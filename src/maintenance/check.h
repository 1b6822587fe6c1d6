#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "service/integrity.h"

namespace users::maintenance {

// The numbers of checked items and of findings.
struct CheckSummary {
  std::uint64_t users = 0;
  std::uint64_t entries = 0;  // audit entries
  std::uint64_t items = 0;    // of all kinds
  std::uint64_t findings = 0;
};

// Receives each finding.
using ShowFinding = std::function<void(const service::Finding&)>;
// Receives the summary so far about once a second. Returning false stops the check.
using ShowProgress = std::function<bool(const CheckSummary&)>;

// The arguments of a check.
struct CheckRequest {
  std::string data_directory;
  // Event files to compare with the store, in the order in which they were written. The last one is
  // the one that the server writes to.
  std::vector<std::string> event_files;
};

// Verifies every chain, index and invariant of the store of a data directory that no server uses,
// and writes nothing there. `found` receives each finding at once. Files that are damaged or gone
// are findings, and the check continues with the data that can be read. An error means that the
// directory holds no store, or that a server uses it. Memory is bounded, except for the changes
// that the feed still holds (feed_checker.h).
Result<CheckSummary> CheckData(const CheckRequest& request, const ShowFinding& found,
                               const ShowProgress& progress);

}  // namespace users::maintenance
