#pragma once

#include "api/operation.h"
#include "lambda_runtime/operation_handler.h"
#include "wiring/lambda/configuration.h"

namespace users::wiring {

// Runs one operation as a function of AWS Lambda and returns the process's exit code. A function
// links the code of its own operation only, so it passes that code itself.
int RunOperation(api::Operation operation, lambda_runtime::OperationCode code,
                 const FunctionUses& uses);

}  // namespace users::wiring
