#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace users::net {

// Parses HOST:PORT: an IPv4 address, an IPv6 address in brackets or `localhost`, and a port from 0
// (any free port) to 65535. Other names are not resolved, because a server listens on addresses.
// Fails with kValidation. Thread-safe.
Result<boost::asio::ip::tcp::endpoint> ParseEndpoint(std::string_view text);

// Returns "127.0.0.1:8080" or "[::1]:8080". Thread-safe.
std::string FormatEndpoint(const boost::asio::ip::tcp::endpoint& endpoint);

}  // namespace users::net
