#pragma once

#include <chrono>
#include <optional>

#include "api/operation.h"
#include "api/request.h"
#include "api/response.h"
#include "base/log.h"

namespace users::api {

// Adds the data of a request and its response to a line of the access log: operation, status,
// principal, access key id, user id, the caller's address, correlation id and duration. For an
// operation that shows several users, it adds their number; for lists, searches and the trail, the
// names of the filters that were used. The
// access log is the audit of reads. It never has an email address, name, handle, metadata value,
// secret or raw target. `operation` is empty if no route matched.
void DescribeRequest(Log::Line& line, std::optional<Operation> operation, const Request& request,
                     const Response& response, std::chrono::nanoseconds duration);

}  // namespace users::api
