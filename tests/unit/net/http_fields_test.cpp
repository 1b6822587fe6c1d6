// ParseRequestHead: fields, and how they frame the body.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

#include "net/http_head.h"

namespace users::net {
namespace {

using namespace std::string_view_literals;

// Returns the head, or nothing if it is rejected. `bytes` must contain a complete head.
std::optional<RequestHead> Read(std::string_view bytes) {
  HeadFinder finder;
  if (finder.Scan(bytes) != HeadFinder::State::kComplete) return std::nullopt;
  RequestHead head;
  if (!ParseRequestHead(bytes.substr(finder.begin(), finder.end() - finder.begin()), head)) {
    return std::nullopt;
  }
  return head;
}

std::string WithLine(std::string_view line) {
  return "POST /users HTTP/1.1\r\nHost: x\r\n" + std::string(line) + "\r\n\r\n";
}

TEST(ParseRequestHead, RejectsAmbiguousFields) {
  for (const std::string_view line : {
           " folded: x"sv,
           "\tfolded"sv,
           "X: a\r\n b"sv,
           "X: a\r\n\tb"sv,
           " "sv,  // folded lines
           "X : a"sv,
           "X\t: a"sv,
           " X: a"sv,
           "X y: a"sv,
           ": a"sv,
           ":"sv,
           "X"sv,  // malformed names
           "X(y): a"sv,
           "X\0: a"sv,
           "\xC3\xA4: a"sv,
           "\"X\": a"sv,
           "X/y: a"sv,
           "X;: a"sv,
           "X@y: a"sv,
           "X[y]: a"sv,
           "X\x7F: a"sv,
           "X: a\0b"sv,
           "X: \x01"sv,
           "X: a\x7F"sv,
           "X: a\x0B"
           "b"sv,
           "X: \x1B[0m"sv,
           "X: \0"sv,  // control characters
           "Host: x"sv,
           "host: y"sv,
           "HOST:"sv,  // a second host
           "Idempotency-Key: a\r\nidempotency-key: a"sv,
           "Content-Length: 1\r\nContent-Length: 1"sv,
           "Content-Length: 1\r\ncontent-length: 2"sv,
           "Content-Length: 1, 1"sv,
           "Content-Length: 1,2"sv,
           "Content-Length:"sv,
           "Content-Length: +1"sv,
           "Content-Length: -1"sv,
           "Content-Length: -0"sv,
           "Content-Length: 1.0"sv,
           "Content-Length: 0x1"sv,
           "Content-Length: 1e1"sv,
           "Content-Length: 1 1"sv,
           "Content-Length: one"sv,
           "Content-Length: 1a"sv,
           "Content-Length: 1;"sv,
           "Content-Length: 18446744073709551616"sv,
           "Content-Length: \xD9\xA1"sv,
           "Content-Length: 99999999999999999999999999999999999999999"sv,
           "Transfer-Encoding: chunked\r\nContent-Length: 5"sv,
           "Content-Length: 5\r\nTransfer-Encoding: chunked"sv,
           "Content-Length: 0\r\nTransfer-Encoding: chunked"sv,
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"sv,
           "Transfer-Encoding: chunked\r\ntransfer-encoding: identity"sv,
           "Transfer-Encoding:"sv,
           "Transfer-Encoding: identity"sv,
           "Transfer-Encoding: gzip"sv,
           "Transfer-Encoding: gzip, chunked"sv,
           "Transfer-Encoding: chunked, chunked"sv,
           "Transfer-Encoding: chunked, identity"sv,
           "Transfer-Encoding: xchunked"sv,
           "Transfer-Encoding: chunked, gzip"sv,
           "Transfer-Encoding: chunked chunked"sv,
           "Transfer-Encoding: ,chunked"sv,
           "Transfer-Encoding: chunked;q=1"sv,
           "Transfer-Encoding: \"chunked\""sv,
           "Transfer-Encoding: chunked,"sv,
           "Transfer-Encoding: \x0B"
           "chunked"sv,
       }) {
    EXPECT_FALSE(Read(WithLine(line))) << testing::PrintToString(line);
  }
}

TEST(ParseRequestHead, ReadsTheFramingOfTheBody) {
  EXPECT_EQ(Read(WithLine("Content-Length: 0"))->content_length, 0U);
  EXPECT_EQ(Read(WithLine("Content-Length: 007"))->content_length, 7U);
  EXPECT_EQ(Read(WithLine("Content-Length: 18446744073709551615"))->content_length,
            18446744073709551615U);
  EXPECT_EQ(Read(WithLine("X: y"))->content_length, std::nullopt);
  for (const char* value : {"chunked", "Chunked", "\t CHUNKED  "}) {
    EXPECT_TRUE(Read(WithLine("Transfer-Encoding:" + std::string(value)))->chunked) << value;
  }
}

TEST(ParseRequestHead, RequiresAHostSinceHttp11) {
  EXPECT_FALSE(Read("GET / HTTP/1.1\r\n\r\n"));
  EXPECT_FALSE(Read("GET / HTTP/1.1\r\nX-Host: x\r\n\r\n"));
  EXPECT_TRUE(Read("GET / HTTP/1.1\r\nHost:\r\n\r\n"));
  EXPECT_TRUE(Read("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_FALSE(Read("GET / HTTP/1.0\r\nHost: x\r\nHost: x\r\n\r\n"));
}

TEST(ParseRequestHead, SupportsHttp10) {
  const auto head = Read("GET / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->minor_version, 0);
  EXPECT_FALSE(head->keep_alive);
  EXPECT_FALSE(head->expects_continue);  // HTTP/1.0 has no interim responses
  EXPECT_TRUE(Read("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")->keep_alive);
  EXPECT_FALSE(Read("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"));
}

struct Keeps {
  std::string_view lines;
  bool keep_alive;
};

TEST(ParseRequestHead, KeepsTheConnectionUnlessToldToClose) {
  const Keeps cases[] = {
      {"X: y", true},
      {"Connection: keep-alive", true},
      {"Connection: close", false},
      {"connection: CLOSE", false},
      {"Connection: TE, close", false},
      {"Connection: keep-alive\t,  close", false},
      {"Connection: close, keep-alive", false},
      {"Connection: keep-alive\r\nConnection: close", false},
      {"Connection: closed", true},
      {"Connection: upgrade", true},
      {"Connection:", true},
      {"X-Connection: close", true},
  };
  for (const Keeps& test : cases) {
    EXPECT_EQ(Read(WithLine(test.lines))->keep_alive, test.keep_alive) << test.lines;
  }
}

TEST(ParseRequestHead, SendsContinueOnlyForTheExactExpectation) {
  EXPECT_TRUE(Read(WithLine("Expect: 100-continue"))->expects_continue);
  EXPECT_FALSE(Read(WithLine("Expect: 100"))->expects_continue);
  EXPECT_FALSE(Read(WithLine("Expect:"))->expects_continue);
  EXPECT_FALSE(Read(WithLine("X-Expect: 100-continue"))->expects_continue);
}

}  // namespace
}  // namespace users::net
