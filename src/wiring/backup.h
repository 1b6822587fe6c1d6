#pragma once

#include <chrono>
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

struct BackupRequest {
  std::string data_directory;
  std::string to;
  // After this time it ends without a copy, as soon as it can.
  std::chrono::seconds time_limit{3600};
};

// Copies a data directory to a new one, on which `serve` starts. It asks the server that runs on it
// for a snapshot. Where none runs, it copies the files, and keeps servers from starting meanwhile;
// it writes nothing in the data directory. The copy has the store as of one moment and the other
// files of the directory as they were a little later, without the administrator's key and without
// events of later changes. It is complete, synced and checked before it gets its name. If root
// makes it, it belongs to the owner of the data directory. Until then it is called `<to>.partial`,
// which a failed backup removes, and one that was killed leaves to the next. An error's message
// names the option; its code is kInternal where the store itself is at fault.
Result<CheckSummary> BackUp(const BackupRequest& request, const ShowCopied& copied,
                            const ShowProgress& checked);

}  // namespace users::wiring
