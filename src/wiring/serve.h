#pragma once

#include <string>

#include "base/program_error.h"
#include "wiring/serve_options.h"

namespace users::wiring {

// Runs the server until SIGTERM or SIGINT. If it fails, it has served nothing. The error is
// kExitCannotRun; its message is one line with the fault and the remedy.
ProgramStatus Serve(const ServeOptions& options);

}  // namespace users::wiring
