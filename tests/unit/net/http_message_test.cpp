#include "net/http_message.h"

#include <gtest/gtest.h>

namespace users::net {
namespace {

using State = HttpResponseParser::State;

HttpLimits SmallLimits() {
  HttpLimits limits;
  limits.max_head_bytes = 1024;
  limits.max_body_bytes = 100;
  return limits;
}

// Returns the state after these bytes, fed in pieces of `size`.
State Read(const std::string& bytes, std::size_t size, IncomingResponse& response) {
  HttpResponseParser parser(SmallLimits());
  State state = State::kIncomplete;
  for (std::size_t at = 0; at < bytes.size() && state == State::kIncomplete; at += size) {
    state = parser.Feed(std::string_view(bytes).substr(at, size));
  }
  if (state == State::kComplete) response = parser.TakeResponse();
  return state;
}

State StateOf(const std::string& bytes) {
  IncomingResponse ignored;
  return Read(bytes, bytes.size(), ignored);
}

TEST(WriteRequest, WritesHostAndLength) {
  const OutgoingRequest request("POST", "/", {{"X-A", "b"}}, "{}");
  EXPECT_EQ(*WriteRequest(request, "h:1"),
            "POST / HTTP/1.1\r\nHost: h:1\r\nX-A: b\r\nContent-Length: 2\r\n\r\n{}");
  const OutgoingRequest get("GET", "/x?y", {{"host", "other"}});
  EXPECT_EQ(*WriteRequest(get, "h"), "GET /x?y HTTP/1.1\r\nhost: other\r\n\r\n");
}

TEST(WriteRequest, RejectsValuesThatWouldBreakTheMessage) {
  EXPECT_FALSE(WriteRequest(OutgoingRequest("GET", "/ HTTP/1.1"), "h").ok());
  EXPECT_FALSE(WriteRequest(OutgoingRequest("GET", "x"), "h").ok());
  EXPECT_FALSE(WriteRequest(OutgoingRequest("GET", ""), "h").ok());
  EXPECT_FALSE(WriteRequest(OutgoingRequest("G T", "/"), "h").ok());
  EXPECT_FALSE(WriteRequest(OutgoingRequest("GET", "/", {{"A", "b\r\nC: d"}}), "h").ok());
  EXPECT_FALSE(WriteRequest(OutgoingRequest("GET", "/", {{"A:", "b"}}), "h").ok());
  EXPECT_FALSE(WriteRequest(OutgoingRequest("GET", "/", {{"", "b"}}), "h").ok());
}

TEST(HttpResponseParser, ReadsResponsesInPiecesOfAnySize) {
  const std::string sized = "HTTP/1.1 400 Bad\r\nX-A: b\r\nContent-Length: 5\r\n\r\nhello";
  const std::string chunked =
      "HTTP/1.1 400 Bad\r\nX-A: b\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n";
  for (const std::string& bytes : {sized, chunked}) {
    for (std::size_t size = 1; size <= bytes.size(); ++size) {
      IncomingResponse response;
      ASSERT_EQ(Read(bytes, size, response), State::kComplete) << size;
      EXPECT_EQ(response.status, 400);
      EXPECT_EQ(response.body, "hello");
      EXPECT_EQ(response.Find("x-a"), "b");
    }
  }
}

TEST(HttpResponseParser, TreatsTruncatedResponsesAsIncomplete) {
  const std::string bytes = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    EXPECT_EQ(StateOf(bytes.substr(0, size)), State::kIncomplete) << size;
  }
}

TEST(HttpResponseParser, RejectsMalformedResponses) {
  for (const char* bytes :
       {"SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nA\r\n\r\n",
        "HTTP/1.1 abc OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    EXPECT_EQ(StateOf(bytes), State::kMalformed) << bytes;
  }
}

TEST(HttpResponseParser, EnforcesItsLimits) {
  EXPECT_EQ(StateOf("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n"), State::kTooLarge);
  EXPECT_EQ(StateOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" +
                    std::string(101, 'x') + "\r\n0\r\n\r\n"),
            State::kTooLarge);
  EXPECT_EQ(StateOf("HTTP/1.1 200 OK\r\nA: " + std::string(2000, 'x')), State::kTooLarge);
}

TEST(HttpResponseParser, ReportsWhetherTheConnectionCanBeReused) {
  const auto keeps_alive = [](const std::string& bytes) {
    HttpResponseParser parser(SmallLimits());
    EXPECT_EQ(parser.Feed(bytes), State::kComplete) << bytes;
    return parser.keeps_alive();
  };
  EXPECT_TRUE(keeps_alive("HTTP/1.1 204 X\r\n\r\n"));
  EXPECT_TRUE(keeps_alive("HTTP/1.1 200 X\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_FALSE(keeps_alive("HTTP/1.1 200 X\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_FALSE(keeps_alive("HTTP/1.0 200 X\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_FALSE(keeps_alive("HTTP/1.1 200 X\r\nContent-Length: 0\r\n\r\nHTTP"));
}

}  // namespace
}  // namespace users::net
