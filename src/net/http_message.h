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
  HttpHeaders headers;  // all but Content-Length, and Host where it is the server's own
  std::string body;
};

struct HttpAnswer {
  int status = 0;
  HttpHeaders headers;
  std::string body;

  // The value of the first header of this name (any letter case).
  std::optional<std::string_view> Find(std::string_view name) const;
};

struct HttpLimits {
  std::size_t most_head_bytes = 32 << 10;
  std::size_t most_body_bytes = 16 << 20;
};

// The bytes of a request, with Content-Length, and Host (`authority`) where it has none. kInternal
// if the method, the target or a header would break the message.
Result<std::string> WriteRequest(const OutgoingRequest& request, std::string_view authority);

// Reads the answer to a request (other than HEAD) from bytes that arrive piece by piece, by
// Boost.Beast. Bodies end by Content-Length or chunks; one that only the end of the connection ends
// counts as broken, since nobody could tell it from one that was cut off.
class AnswerReader {
 public:
  enum class State { kIncomplete, kComplete, kMalformed, kTooLarge };

  explicit AnswerReader(const HttpLimits& limits);
  ~AnswerReader();

  State Take(std::string_view bytes);

  // After kComplete: the answer, and whether another can follow on the connection.
  HttpAnswer TakeAnswer();
  bool keeps_alive() const;

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace users::net
