#pragma once

#include <string>

#include "base/result.h"
#include "wiring/serve_options.h"

namespace users::wiring {

// Runs the server until SIGTERM or SIGINT. An error's message is one line that says what to mend;
// then nothing was served.
Status Serve(const ServeOptions& options);

}  // namespace users::wiring
