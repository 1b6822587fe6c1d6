#pragma once

#include <string>

#include "base/result.h"
#include "wiring/serve_options.h"

namespace users::wiring {

// Runs the server until SIGTERM or SIGINT. After an error nothing was served. Its message is one
// line with the fault and the remedy.
Status Serve(const ServeOptions& options);

}  // namespace users::wiring
