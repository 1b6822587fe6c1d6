#pragma once

#include <functional>
#include <string>

#include "base/log.h"
#include "base/result.h"
#include "base/task.h"
#include "lambda_runtime/invocation_sink.h"
#include "lambda_runtime/runtime_api.h"

namespace users::lambda_runtime {

// Makes the answer to one event, JSON. An Error means that the invocation has failed: Lambda and
// the invoker are told its message. Whatever it throws becomes such an error.
using Handler = std::function<Task<Result<std::string>>(const Invocation& invocation)>;

// Makes another answer to the event that was handled last.
using Replacement = std::function<std::string()>;

// Handles events one after the other, for ever; returns when the runtime interface is gone or says
// that this is to end. Nothing of an invocation is kept or still under way when its answer is
// given: the process may be frozen at that moment. An answer that is too large is replaced by
// what `replace` makes.
Task<Status> ServeInvocations(RuntimeApi& runtime, Handler handler, Replacement replace,
                              InvocationSink& sink, const Log& log);

}  // namespace users::lambda_runtime
