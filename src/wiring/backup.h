#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"
#include "wiring/check.h"

namespace users::wiring {

struct BackupProgress {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};

// Copies a data directory to a new one, on which `serve` starts: asks the server that runs on it
// for a snapshot, or opens the store itself where none runs. The copy is complete, synced and
// checked before it gets its name; until then it is called `<to>.partial`. An error's message names
// the option.
Result<CheckSummary> BackUp(const std::string& data_directory, const std::string& to,
                            const std::function<void(const BackupProgress&)>& copied,
                            const std::function<void(const CheckSummary&)>& checked);

}  // namespace users::wiring
