#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/sigv4.h"
#include "base/clock.h"
#include "base/text/text.h"

namespace users::testing {

using Headers = std::vector<std::pair<std::string, std::string>>;

// A request before signing.
struct HttpCall {
  std::string method;
  std::string target;  // path and query, as sent
  Headers headers;
  std::string body;
};

// A response that was received.
struct HttpReply {
  int status = 0;
  Headers headers;
  std::string body;
};

// Returns the value of a header, in any letter case, or "" if it is absent.
inline std::string HeaderOf(const HttpReply& reply, std::string_view name) {
  for (const auto& [key, value] : reply.headers) {
    if (EqualIgnoringAsciiCase(key, name)) return value;
  }
  return "";
}

// Returns the bytes of the request, signed with these credentials for region us-east-1. It is
// unsigned if there is no access key id.
std::string SignedRequest(const HttpCall& call, const aws::Credentials& credentials, Timestamp now);

// Sends a request to a port of 127.0.0.1 on its own connection and returns the response. The status
// is 0 if there is none.
HttpReply SendOverHttp(unsigned short port, const std::string& request);

}  // namespace users::testing
