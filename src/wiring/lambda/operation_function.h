#pragma once

#include "api/operations.h"

namespace users::wiring {

// Runs one operation as a function of AWS Lambda and returns the process's exit code. The caller
// passes the handler, so that a function links only its own.
int RunOperation(api::Operation operation, api::Handler& handler);

}  // namespace users::wiring
