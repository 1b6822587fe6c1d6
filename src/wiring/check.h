#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "service/integrity.h"

namespace users::wiring {

struct CheckSummary {
  std::uint64_t users = 0;
  std::uint64_t entries = 0;  // audit entries
  std::uint64_t items = 0;    // of all kinds
  std::uint64_t findings = 0;
};

using ShowFinding = std::function<void(const service::Finding&)>;
// Gets the summary so far about once a second; false stops the check.
using ShowProgress = std::function<bool(const CheckSummary&)>;

struct CheckRequest {
  std::string data_directory;
  // Event files to compare with the store, in the order in which they were written. The last one is
  // the one that the server writes to.
  std::vector<std::string> event_files;
};

// Verifies every chain, index and invariant of the store of a data directory that no server uses,
// and writes nothing there. `found` gets each finding at once. Files that are damaged or gone are
// findings, and the check goes on with what can be read. An error means that the directory holds no
// store, or that a server uses it. Memory is bounded, but for what the change feed still tells of
// (feed_checker.h).
Result<CheckSummary> CheckData(const CheckRequest& request, const ShowFinding& found,
                               const ShowProgress& progress);

}  // namespace users::wiring
