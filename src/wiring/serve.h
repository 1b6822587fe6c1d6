#pragma once

#include <string>

#include "base/result.h"
#include "wiring/serve_options.h"

namespace users::wiring {

// Runs the server until SIGTERM or SIGINT. If it fails, it has served nothing. The error's message
// is one line with the fault and the remedy.
Status Serve(const ServeOptions& options);

}  // namespace users::wiring
