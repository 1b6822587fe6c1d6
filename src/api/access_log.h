#pragma once

#include <chrono>
#include <optional>

#include "api/operation.h"
#include "api/request.h"
#include "api/response.h"
#include "base/log.h"

namespace users::api {

// Adds to a line of the access log what is known of a request and its answer: operation, status,
// principal, access key id, client address, user id, correlation id, time. It is the audit of
// reads: no e-mail address, name, metadata value, secret, and never the raw target. No operation:
// there was no route.
void DescribeRequest(Log::Line& line, std::optional<Operation> operation, const Request& request,
                     const Response& response, std::chrono::nanoseconds duration);

}  // namespace users::api
