#pragma once

#include <string>

#include "base/result.h"
#include "wiring/backup.h"
#include "wiring/check.h"
#include "wiring/serve_options.h"

namespace users {

// What the command line asks for.
struct Command {
  enum class Kind { kServe, kCheck, kBackUp, kPrintAndExit };
  Kind kind = Kind::kServe;
  wiring::ServeOptions serve;
  wiring::CheckRequest check;
  wiring::BackupRequest backup;
  std::string text;  // kPrintAndExit: the help, or the version
};

// Reads the command line and, where it names one, the JSON configuration file. The command line
// wins. An error's message may quote any value that was given; InOneLine shows it safely.
Result<Command> ParseCommandLine(int argc, char** argv);

}  // namespace users
