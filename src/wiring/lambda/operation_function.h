#pragma once

#include "api/operations.h"

namespace users::wiring {

// Runs one operation as a function of AWS Lambda and returns the process's exit code. A function
// links the handler of its own operation only, so it names that itself.
int RunOperation(api::Operation operation, api::Handler& handler);

}  // namespace users::wiring
