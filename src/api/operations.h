#pragma once

#include "api/operation.h"
#include "api/request.h"
#include "api/response.h"
#include "base/async/task.h"
#include "base/result.h"
#include "service/user_service.h"

namespace users::api {

// Handles one operation: validates the request, calls the service and renders the response. Each
// handler has its own file. The request and the service must outlive the call. An error is one of
// the contract's; ErrorResponse renders it. Thread-safe, as the service is.
using Handler = Task<Result<Response>>(const Request& request, service::UserService& users);

#define USERS_OPERATION(function, name, method, path, needs) Handler function;
#include "api/operation_table.inc"
#undef USERS_OPERATION

// Runs an operation and renders its error, if any. A program with all operations calls this. A
// function of AWS Lambda calls its own handler, so that it links no other.
Task<Response> Dispatch(Operation operation, const Request& request, service::UserService& users);

}  // namespace users::api
