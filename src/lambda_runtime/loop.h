#pragma once

#include <functional>
#include <string>

#include "base/async/task.h"
#include "base/log.h"
#include "base/result.h"
#include "lambda_runtime/invocation_sink.h"
#include "lambda_runtime/runtime_api.h"

namespace users::lambda_runtime {

// Handles one event and returns the response as JSON. An Error means that the invocation failed:
// Lambda and the invoker get its message. An exception becomes such an error.
using Handler = std::function<Task<Result<std::string>>(const Invocation& invocation)>;

// Returns a replacement for the response to the event that was handled last.
using Replacement = std::function<std::string()>;

// Handles events one after another until the runtime interface is gone or ends the execution
// environment, and then returns the error (kUnavailable).
//
// When a response is sent, nothing of its invocation is kept or still running, because the process
// may be frozen at that moment. A response that is too large is replaced by the result of
// `replace`. Not thread-safe.
Task<Status> ServeInvocations(RuntimeApi& runtime, Handler handler, Replacement replace,
                              InvocationSink& sink, const Log& log);

}  // namespace users::lambda_runtime
