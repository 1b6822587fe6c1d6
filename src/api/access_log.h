#pragma once

#include <chrono>
#include <optional>

#include "api/operation.h"
#include "api/request.h"
#include "api/response.h"
#include "base/log.h"

namespace users::api {

// Adds to a line of the access log what is known of a request and its response: operation, status,
// principal, access key id, user id, the caller's address, correlation id and duration. For a list,
// it adds which filters were used and how many users the list showed. The access log is the audit
// of reads. It has no email address, name, handle, metadata value or secret, and never the raw
// target: of a filter it has the name alone. Without an operation there was no route.
void DescribeRequest(Log::Line& line, std::optional<Operation> operation, const Request& request,
                     const Response& response, std::chrono::nanoseconds duration);

}  // namespace users::api
