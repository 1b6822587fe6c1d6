#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace users::net {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// A request to send.
struct OutgoingRequest {
  OutgoingRequest() = default;
  OutgoingRequest(std::string method, std::string target, HttpHeaders headers = {},
                  std::string body = {})
      : method(std::move(method)),
        target(std::move(target)),
        headers(std::move(headers)),
        body(std::move(body)) {}

  std::string method;
  std::string target;   // path and query, encoded
  HttpHeaders headers;  // all except Content-Length, and Host if it is the server's own
  std::string body;
};

// A response that was received.
struct IncomingResponse {
  int status = 0;
  HttpHeaders headers;
  std::string body;

  // Returns the value of the first header with this name, in any letter case.
  std::optional<std::string_view> Find(std::string_view name) const;
};

// The maximum sizes of a response.
struct HttpLimits {
  std::size_t max_head_bytes = 32 << 10;
  std::size_t max_body_bytes = 16 << 20;
};

// Returns the bytes of a request. Adds Content-Length, and Host (`authority`) if it is missing.
// Fails with kInternal if the method, the target or a header would break the message. Thread-safe.
Result<std::string> WriteRequest(const OutgoingRequest& request, std::string_view authority);

// Parses the response to a request (other than HEAD) from bytes that arrive in pieces, with
// Boost.Beast. A body must end by Content-Length or chunks. A body that only the end of the
// connection ends is malformed, because a truncated one would look the same. Not thread-safe.
class HttpResponseParser {
 public:
  enum class State { kIncomplete, kComplete, kMalformed, kTooLarge };

  // Responses that exceed the limits are kTooLarge.
  explicit HttpResponseParser(const HttpLimits& limits);
  ~HttpResponseParser();

  // Consumes bytes. Do not call it again after any result other than kIncomplete.
  State Feed(std::string_view bytes);

  // After kComplete: return the response, and whether the connection can be used for another one.
  IncomingResponse TakeResponse();
  bool keeps_alive() const;

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace users::net
