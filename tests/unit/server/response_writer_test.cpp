#include "server/response_writer.h"

#include <gtest/gtest.h>

#include <string>

namespace users::server {
namespace {

constexpr const char* kDate = "Sun, 29 Nov 2026 12:00:00 GMT";

net::RequestHead Request(std::string_view text) {
  net::RequestHead head;
  EXPECT_TRUE(net::ParseRequestHead(text, head));
  return head;
}

std::string Written(const HttpResponse& response, std::string_view request, bool keep_alive) {
  std::string out;
  const net::RequestHead head = Request(request);
  AppendResponse(out, response, head, keep_alive, kDate);
  return out;
}

HttpResponse Created() {
  HttpResponse response;
  response.status = 201;
  response.headers = "X: y\r\n";
  response.body = "{}";
  return response;
}

TEST(AppendResponse, FramesTheBody) {
  EXPECT_EQ(Written(Created(), "GET / HTTP/1.1\r\nHost: h\r\n\r\n", /*keep_alive=*/true),
            "HTTP/1.1 201 Created\r\nDate: Sun, 29 Nov 2026 12:00:00 GMT\r\n"
            "Content-Length: 2\r\nX: y\r\n\r\n{}");
}

TEST(AppendResponse, SaysWhetherTheConnectionStaysOpen) {
  const std::string closed = "\r\nConnection: close\r\n";
  const std::string kept = "\r\nConnection: keep-alive\r\n";
  const std::string new_client = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::string old_client = "GET / HTTP/1.0\r\nHost: h\r\n\r\n";
  EXPECT_NE(Written(Created(), new_client, false).find(closed), std::string::npos);
  EXPECT_NE(Written(Created(), old_client, false).find(closed), std::string::npos);
  EXPECT_NE(Written(Created(), old_client, true).find(kept), std::string::npos);
  EXPECT_EQ(Written(Created(), new_client, true).find("Connection"), std::string::npos);
}

TEST(AppendResponse, OmitsTheBodyForHead) {
  const std::string text = Written(Created(), "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", true);
  EXPECT_NE(text.find("Content-Length: 2\r\n"), std::string::npos);
  EXPECT_TRUE(text.ends_with("\r\n\r\n")) << text;
}

TEST(AppendResponse, KnowsEveryStatusOfTheContract) {
  for (const int status : {200, 201, 400, 401, 403, 404, 405, 409, 412, 413, 415, 429, 431, 503}) {
    HttpResponse response;
    response.status = status;
    const std::string text = Written(response, "GET / HTTP/1.1\r\nHost: h\r\n\r\n", true);
    EXPECT_TRUE(text.starts_with("HTTP/1.1 " + std::to_string(status) + " ")) << text;
  }
}

}  // namespace
}  // namespace users::server
