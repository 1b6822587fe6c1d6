#pragma once

#include <string>

#include "base/program_error.h"
#include "maintenance/backup.h"
#include "maintenance/check.h"
#include "wiring/serve_options.h"

namespace users {

// The parsed command line.
struct Command {
  enum class Kind { kServe, kCheck, kBackUp, kMigrate, kPrintAndExit };
  Kind kind = Kind::kServe;
  wiring::ServeOptions serve;  // also of kMigrate
  maintenance::CheckRequest check;
  maintenance::BackupRequest backup;
  std::string text;  // kPrintAndExit: the help, or the version
};

// Reads the command line and the JSON configuration file that it names, if any. The command line
// overrides the file. Fails with kExitCannotRun for an unknown option or an invalid value.
Result<Command, ProgramError> ParseCommandLine(int argc, char** argv);

}  // namespace users
