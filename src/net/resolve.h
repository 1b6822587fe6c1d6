#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "base/async/task.h"
#include "base/clock.h"
#include "base/result.h"

namespace users::net {

// Returns the addresses of a host, in the order in which to try them. An address resolves to
// itself. A name is looked up on Asio's own thread. Fails with kUnavailable if the name was
// not found before the deadline. Thread-safe.
Task<Result<std::vector<boost::asio::ip::tcp::endpoint>>> Resolve(std::string host,
                                                                  std::uint16_t port,
                                                                  Deadline deadline);

}  // namespace users::net
