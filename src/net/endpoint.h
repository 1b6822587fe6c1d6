#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace users::net {

// Reads HOST:PORT: an IPv4 address, an IPv6 address in brackets or `localhost`, and a port from 0
// (any free one) to 65535. Names are not looked up: a server listens on addresses.
Result<boost::asio::ip::tcp::endpoint> ParseEndpoint(std::string_view text);

// "127.0.0.1:8080", "[::1]:8080".
std::string FormatEndpoint(const boost::asio::ip::tcp::endpoint& endpoint);

}  // namespace users::net
