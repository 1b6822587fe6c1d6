#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "base/program_error.h"
#include "maintenance/check.h"

namespace users::maintenance {

// The progress of copying.
struct BackupProgress {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t bytes_in_all = 0;  // as far as it is known
};

// Receives the progress of copying about once a second. Returning false stops the backup.
using ShowCopied = std::function<bool(const BackupProgress&)>;

// The arguments of a backup.
struct BackupRequest {
  std::string data_directory;
  std::string to;
  // After this time the backup ends without a copy, as soon as possible.
  std::chrono::seconds time_limit{3600};
};

// Copies a data directory to a new one, on which `serve` starts. It requests a snapshot from the
// server that runs on the directory. If no server runs, it copies the files, prevents servers from
// starting meanwhile, and writes nothing in the data directory.
//
// The copy has the store as of one moment and the other files of the directory as of a little
// later, without the administrator's key and without events of later changes. It is complete,
// synced and checked before it gets its name. Until then it is called `<to>.partial`. A failed
// backup removes that directory, and the next one removes that of a killed one. If root makes the
// copy, it belongs to the owner of the data directory.
//
// An error's message names the option. Its exit code is kExitFault if the store
// is at fault, and otherwise kExitCannotRun.
Result<CheckSummary, ProgramError> BackUp(const BackupRequest& request, const ShowCopied& copied,
                                          const ShowProgress& checked);

}  // namespace users::maintenance
