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
  std::uint64_t bytes_in_all = 0;  // as far as is known
};

// Gets the state of copying about once a second; false stops the backup.
using ShowCopied = std::function<bool(const BackupProgress&)>;

// Copies a data directory to a new one, on which `serve` starts: asks the server that runs on it
// for a snapshot, or opens the store itself where none runs. The copy has the store as of one
// moment and the other files of the directory as they were a little later; it is complete, synced
// and checked before it gets its name. Until then it is called `<to>.partial`, which a failed
// backup removes, and one that was killed leaves to the next. An error's message names the option;
// its code is kInternal where the store itself is at fault.
Result<CheckSummary> BackUp(const std::string& data_directory, const std::string& to,
                            const ShowCopied& copied, const ShowProgress& checked);

}  // namespace users::wiring
