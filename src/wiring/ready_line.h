#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <string_view>

#include "wiring/serve_options.h"

namespace users::wiring {

// The facts in the ready line that are not options.
struct ReadyFacts {
  boost::asio::ip::tcp::endpoint address;
  boost::asio::ip::tcp::endpoint admin_address;
  std::string_view relay;           // the name of the relay, or "none"
  bool made_administrator = false;  // then the line has a command to try
};

// Returns the line that a server prints once it serves: one JSON object and its line end.
std::string ReadyLine(const ServeOptions& options, const ReadyFacts& facts);

}  // namespace users::wiring
