#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace users::net {

// The server that a client sends its requests to.
struct Url {
  bool tls = false;
  std::string host;  // a name or an address; an IPv6 address has no brackets
  std::uint16_t port = 0;
  std::string path = "/";  // encoded, with the query

  // Returns the value of the Host header. It omits the port if it is the scheme's default.
  std::string Authority() const;
};

// Parses http://HOST[:PORT][/PATH] and https://..., in printable ASCII without spaces. Fails with
// kValidation for anything else, including user names, fragments and other schemes. The message
// says what the text must be. Thread-safe.
Result<Url> ParseUrl(std::string_view text);

}  // namespace users::net
