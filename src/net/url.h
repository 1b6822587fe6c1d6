#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace users::net {

// Where a client sends its requests.
struct Url {
  bool tls = false;
  std::string host;  // a name or an address, an IPv6 address without its brackets
  std::uint16_t port = 0;
  std::string path = "/";  // still encoded, with its query

  // The value of the Host header: without the port where it is the scheme's own.
  std::string Authority() const;
};

// Reads http://HOST[:PORT][/PATH] and https://..., printable ASCII without spaces. User names,
// fragments and other schemes are errors. The message says what the text must be.
Result<Url> ParseUrl(std::string_view text);

}  // namespace users::net
