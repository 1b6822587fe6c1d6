// ParseRequestHead: the request line and complete heads. http_fields_test.cpp tests fields;
// head_finder_test.cpp tests where a head ends.
#include "net/http_head.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

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

TEST(ParseRequestHead, ReadsAllParts) {
  static constexpr std::string_view kText =
      "PATCH /users/01A?limit=5&x=%20 HTTP/1.1\r\n"
      "Host: users.example.com:8080\r\n"
      "content-LENGTH:  42\t \r\n"
      "X-Empty:\r\n"
      "X-Twice: a, b\r\n"
      "x-twice:c\r\n"
      "X-Bytes: \xC3\xA4\tz\r\n"
      "Expect: 100-Continue\r\n"
      "\r\n";
  const auto head = Read(kText);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->method, "PATCH");
  EXPECT_EQ(head->path, "/users/01A");
  EXPECT_EQ(head->query, "limit=5&x=%20");
  EXPECT_EQ(head->minor_version, 1);
  EXPECT_EQ(head->content_length, 42U);
  EXPECT_FALSE(head->chunked);
  EXPECT_TRUE(head->expects_continue);
  EXPECT_TRUE(head->keep_alive);
  ASSERT_EQ(head->fields.size(), 7U);
  EXPECT_EQ(head->fields[1].name, "content-LENGTH");
  EXPECT_EQ(head->fields[1].value, "42");
  EXPECT_EQ(head->Find("HOST"), "users.example.com:8080");
  EXPECT_EQ(head->Find("x-empty"), "");
  EXPECT_EQ(head->Find("X-TWICE"), "a, b");
  EXPECT_EQ(head->Find("x-bytes"), "\xC3\xA4\tz");
  EXPECT_EQ(head->Find("absent"), std::nullopt);
  EXPECT_EQ(head->Count("X-Twice"), 2U);
  EXPECT_EQ(head->Count("absent"), 0U);
  EXPECT_EQ(head->Joined("X-Twice"), "a, b, c");
  EXPECT_EQ(head->Joined("Host"), "users.example.com:8080");
  EXPECT_EQ(head->Joined("absent"), std::nullopt);
}

TEST(ParseRequestHead, ClearsThePreviousHead) {
  RequestHead head;
  ASSERT_TRUE(ParseRequestHead(
      "POST /a?b HTTP/1.0\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\n", head));
  ASSERT_TRUE(ParseRequestHead(
      "PUT /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n",
      head));
  EXPECT_EQ(head.content_length, std::nullopt);
  EXPECT_TRUE(head.chunked);
  EXPECT_TRUE(head.keep_alive);
  ASSERT_TRUE(ParseRequestHead("GET / HTTP/1.1\r\nHost: x\r\n\r\n", head));
  EXPECT_EQ(head.query, "");
  EXPECT_FALSE(head.chunked);
  EXPECT_FALSE(head.expects_continue);
  EXPECT_EQ(head.fields.size(), 1U);
}

struct Target {
  std::string_view target;
  std::string_view path;
  std::string_view query;
};

TEST(ParseRequestHead, ReadsEveryFormOfTarget) {
  const Target cases[] = {
      {"/", "/", ""},
      {"/?", "/", ""},
      {"/a?b?c", "/a", "b?c"},
      {"//x//", "//x//", ""},
      {"/%2F/..", "/%2F/..", ""},
      {"/a|b\"<>\\^`{}", "/a|b\"<>\\^`{}", ""},
      {"*", "*", ""},
      {"http://h/users?x=1", "/users", "x=1"},
      {"HTTPS://H/users", "/users", ""},
      {"http://h/?http://i/", "/", "http://i/"},
      {"/http://h/", "/http://h/", ""},
  };
  for (const Target& test : cases) {
    const std::string text = "GET " + std::string(test.target) + " HTTP/1.1\r\nHost: h\r\n\r\n";
    const auto head = Read(text);
    ASSERT_TRUE(head) << test.target;
    EXPECT_EQ(head->path, test.path) << test.target;
    EXPECT_EQ(head->query, test.query) << test.target;
  }
}

TEST(ParseRequestHead, RejectsATargetForAnotherHost) {
  const auto request = [](std::string_view target, std::string_view host) {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n";
  };
  EXPECT_TRUE(Read(request("http://a:80/users", "A:80")));
  EXPECT_TRUE(Read("GET http://a/users HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(Read(request("/http://b/", "a")));
  for (const std::string_view target : {"http://b/users", "http://a:80/users", "http://a.b/users",
                                        "http://user@a/users", "https://b?x", "http://b"}) {
    EXPECT_FALSE(Read(request(target, "a"))) << target;
  }
  EXPECT_FALSE(Read(request("http://a/users", "")));
}

TEST(ParseRequestHead, RejectsAMalformedRequestLine) {
  for (const std::string_view line : {
           "GET"sv,
           "GET /"sv,
           "GET  / HTTP/1.1"sv,
           "GET /  HTTP/1.1"sv,
           " GET / HTTP/1.1"sv,
           "GET / HTTP/1.1 "sv,
           "GET\t/ HTTP/1.1"sv,
           "GET /\tHTTP/1.1"sv,
           "GET / a HTTP/1.1"sv,
           "/ HTTP/1.1"sv,
           "GET HTTP/1.1"sv,
           "/ GET HTTP/1.1"sv,
           "PRI * HTTP/2.0"sv,
           "GET \\users HTTP/1.1"sv,
           "G@T / HTTP/1.1"sv,
           "G\0T / HTTP/1.1"sv,
           "G\xC3\x84T / HTTP/1.1"sv,
           "GET / HTTP/2.0"sv,
           "GET / HTTP/0.9"sv,
           "GET / HTTP/1"sv,
           "GET / HTTP/1.10"sv,
           "GET / HTTP/1.x"sv,
           "GET / http/1.1"sv,
           "GET / HTTP/1,1"sv,
           "GET / HTTPS/1.1"sv,
           "GET / HTTP /1.1"sv,
           "GET / "sv,
           "GET users HTTP/1.1"sv,
           "GET ?x HTTP/1.1"sv,
           "GET h:80 HTTP/1.1"sv,
           "CONNECT h:443 HTTP/1.1"sv,
           "GET ftp://h/ HTTP/1.1"sv,
           "GET http:/// HTTP/1.1"sv,
           "GET http:/h/ HTTP/1.1"sv,
           "GET ** HTTP/1.1"sv,
           "GET *?x HTTP/1.1"sv,
           "GET /#x HTTP/1.1"sv,
           "GET /?#x HTTP/1.1"sv,
           "GET /\0 HTTP/1.1"sv,
           "GET /\x7F HTTP/1.1"sv,
           "GET /\x01 HTTP/1.1"sv,
           "GET /\xC3\xA4 HTTP/1.1"sv,
       }) {
    const std::string text = std::string(line) + "\r\nHost: x\r\n\r\n";
    EXPECT_FALSE(Read(text)) << testing::PrintToString(line);
  }
}

// Returns names and values of the fields that are readable in an invalid head.
std::string Salvaged(std::string_view bytes) {
  RequestHead head;
  head.method = "GET";  // left over from the previous request
  ParseReadableFields(bytes, head);
  EXPECT_EQ(head.method, "");
  std::string text;
  for (const HeaderField& field : head.fields) {
    text += std::string(field.name) + "=" + std::string(field.value) + ";";
  }
  return text;
}

TEST(ParseReadableFields, ReadsCompleteFieldsUpToTheEndOfTheHead) {
  EXPECT_EQ(Salvaged("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\nA:b\r\n\r\nC: d\r\n"),
            "Host=x;Host=y;A=b;");
  EXPECT_EQ(Salvaged("\r\nGET http://x HTTP/1.1\r\nA: b\r\n\r\n"), "A=b;");
  EXPECT_EQ(Salvaged("A: b\nC: d\n E: f\ng h: i\nJ: \x01\nK: l\n"), "C=d;K=l;");
  EXPECT_EQ(Salvaged("x\r\nA: b\r\nC: half"), "A=b;");
  EXPECT_EQ(Salvaged(""), "");
  std::string many = "x\n";
  for (std::size_t i = 0; i <= kMaxHeaderFields; ++i) many += "a:\n";
  EXPECT_EQ(Salvaged(many).size(), 3 * kMaxHeaderFields);
}

}  // namespace
}  // namespace users::net
