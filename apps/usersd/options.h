#pragma once

#include <string>

#include "base/result.h"
#include "wiring/serve_options.h"

namespace users {

// The parsed command line.
struct Command {
  enum class Kind { kServe, kCheck, kBackUp, kPrintAndExit };
  Kind kind = Kind::kServe;
  wiring::ServeOptions serve;
  std::string data;  // kCheck, kBackUp: the data directory
  std::string to;    // kBackUp: the new one
  std::string text;  // kPrintAndExit: the help, or the version
};

// Reads the command line and the JSON configuration file that it names, if any. The command line
// overrides the file. Fails with ErrorCode::kUnavailable for an unknown option or an invalid value.
// The message may quote the given values, so print it with InOneLine.
Result<Command> ParseCommandLine(int argc, char** argv);

}  // namespace users
