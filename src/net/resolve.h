#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"

namespace users::net {

// The addresses of a host, in the order in which they are to be tried. An address stands for
// itself; a name is looked up on a thread of Asio's own, and not waited for beyond the deadline. An
// error is kUnavailable.
Task<Result<std::vector<boost::asio::ip::tcp::endpoint>>> Resolve(std::string host,
                                                                  std::uint16_t port,
                                                                  Deadline deadline);

}  // namespace users::net
