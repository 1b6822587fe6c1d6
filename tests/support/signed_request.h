#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/sigv4.h"
#include "base/clock.h"
#include "base/text.h"

namespace users::testing {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct HttpCall {
  std::string method;
  std::string target;  // path and query, as sent
  Headers headers;
  std::string body;
};

struct HttpReply {
  int status = 0;
  Headers headers;
  std::string body;
};

// The value of a header in any letter case, empty if there is none.
inline std::string HeaderOf(const HttpReply& reply, std::string_view name) {
  for (const auto& [key, value] : reply.headers) {
    if (EqualIgnoringAsciiCase(key, name)) return value;
  }
  return "";
}

// The bytes of the request, signed with these credentials for region us-east-1 (unsigned if there
// is no access key id).
std::string SignedRequest(const HttpCall& call, const aws::Credentials& credentials, Timestamp now);

// Sends a request to a port of 127.0.0.1 on a connection of its own and reads the answer.
HttpReply SendOverHttp(unsigned short port, const std::string& request);

}  // namespace users::testing
