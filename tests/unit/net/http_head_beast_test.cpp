// What our parser accepts, Boost.Beast must accept too, and read alike: a second program in front
// of the server or behind it could be of its kind.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "net/http_head.h"

namespace users::net {
namespace {

namespace http = boost::beast::http;

using Parser = http::request_parser<http::empty_body>;

class HeadMutator {
 public:
  explicit HeadMutator(std::uint64_t seed) : random_(seed) {}

  std::string Next() {
    std::vector<std::string> lines = {Pick(kRequestLines)};
    if (Below(10) > 0) lines.emplace_back("Host: users.example.com");
    for (std::size_t count = Below(5); count > 0; --count) lines.push_back(Pick(kFields));
    std::string text;
    for (const std::string& line : lines) text += line + "\r\n";
    text += "\r\n";
    for (std::size_t edits = Below(4); edits > 0; --edits) Edit(text);
    return text;
  }

 private:
  template <std::size_t N>
  std::string Pick(const std::string_view (&texts)[N]) {
    return std::string(texts[Below(N)]);
  }
  std::size_t Below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
  }
  char AnyByte() {
    constexpr std::string_view kSpecial = "\r\n\t :;,/?#%\"*\0\x7F\x80\xFF+-.0cC";
    return Below(3) == 0 ? static_cast<char>(Below(256)) : kSpecial[Below(kSpecial.size())];
  }
  void Edit(std::string& text) {
    const std::size_t at = Below(text.size());
    switch (Below(4)) {
      case 0:
        text[at] = AnyByte();
        break;
      case 1:
        text.insert(at, 1, AnyByte());
        break;
      case 2:
        text.erase(at, 1 + Below(3));
        break;
      default: {
        const std::string copy = text.substr(at, 1 + Below(20));
        text.insert(Below(text.size()), copy);
      }
    }
    if (text.empty()) text = "x";
  }

  static constexpr std::string_view kRequestLines[] = {
      "GET / HTTP/1.1",
      "GET /users?limit=5&nextToken=a%20b HTTP/1.1",
      "POST /users HTTP/1.1",
      "DELETE /users/01ARZ3NDEKTSV4RRFFQ69G5FAV/roles/a%2Fb HTTP/1.1",
      "PUT http://users.example.com/users?x HTTP/1.1",
      "OPTIONS * HTTP/1.1",
      "M-SEARCH //a/../b HTTP/1.0",
  };
  static constexpr std::string_view kFields[] = {
      "Content-Length: 42",
      "Content-Length: 0",
      "Transfer-Encoding: chunked",
      "transfer-encoding:  Chunked ",
      "Connection: close",
      "Connection: keep-alive, TE",
      "Expect: 100-continue",
      "X-Empty:",
      "X-Some:\t some value, \"quoted\" ",
      "Upgrade: h2c",
      "Authorization: AWS4-HMAC-SHA256 Credential=A/20261122/us-east-1/execute-api/aws4_request",
      "Accept: */*;q=0.5",
      "Idempotency-Key: 1234",
      "Trailer: X",
      "Proxy-Connection: keep-alive",
  };

  std::mt19937_64 random_;
};

std::optional<RequestHead> Read(std::string_view bytes, std::string_view& head_bytes) {
  HeadFinder finder;
  if (finder.Look(bytes) != HeadFinder::State::kComplete) return std::nullopt;
  head_bytes = bytes.substr(finder.begin(), finder.end() - finder.begin());
  RequestHead head;
  if (!ParseRequestHead(head_bytes, head)) return std::nullopt;
  return head;
}

std::string_view ViewOf(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

// Beast knows only HTTP/1.0 and 1.1, and refuses a Connection field that is no list of tokens. Ours
// takes such a field as one without options, which changes nothing about the request.
bool IsBeyondBeast(const RequestHead& head) {
  if (head.minor_version > 1) return true;
  for (const HeaderField& field : head.fields) {
    const bool is_list = EqualIgnoringAsciiCase(field.name, "Connection") ||
                         EqualIgnoringAsciiCase(field.name, "Proxy-Connection");
    const http::opt_token_list list(
        boost::beast::string_view(field.value.data(), field.value.size()));
    if (is_list && !http::validate_list(list)) return true;
  }
  return false;
}

using Fields = std::vector<std::pair<std::string, std::string>>;

// Fields of one name stand together in Beast, in the order in which they were sent.
Fields Grouped(Fields fields) {
  std::stable_sort(fields.begin(), fields.end(), [](const auto& a, const auto& b) {
    return LowerAscii(a.first) < LowerAscii(b.first);
  });
  return fields;
}

void ExpectSame(const RequestHead& ours, Parser& beast) {
  const auto& message = beast.get();
  EXPECT_EQ(ViewOf(message.method_string()), ours.method);
  EXPECT_EQ(message.version(), 10U + static_cast<unsigned>(ours.minor_version));

  // The absolute form names the server before the path, which may be empty.
  std::string target(ViewOf(message.target()));
  if (!target.starts_with('/') && target != "*") {
    const std::size_t end = target.find_first_of("/?", target.find("//") + 2);
    target.erase(0, std::min(end, target.size()));
    if (!target.starts_with('/')) target.insert(0, "/");
  }
  const std::string with_query = std::string(ours.path) + "?" + std::string(ours.query);
  EXPECT_TRUE(target == with_query || (target == ours.path && ours.query.empty())) << target;

  Fields beasts_fields;
  for (const auto& field : message) {
    beasts_fields.emplace_back(ViewOf(field.name_string()), ViewOf(field.value()));
  }
  Fields our_fields;
  for (const HeaderField& field : ours.fields) our_fields.emplace_back(field.name, field.value);
  EXPECT_EQ(Grouped(beasts_fields), Grouped(our_fields));
  EXPECT_EQ(beast.chunked(), ours.chunked);
  const auto length = beast.content_length();
  EXPECT_EQ(length ? std::optional<std::uint64_t>(*length) : std::nullopt, ours.content_length);
  if (ours.minor_version == 1) {
    EXPECT_EQ(beast.keep_alive(), ours.keep_alive);
  }
}

TEST(ParseRequestHead, AcceptsOnlyWhatBeastReadsAlike) {
  HeadMutator mutator(20261122);
  int accepted = 0;
  for (int i = 0; i < 60'000 && !testing::Test::HasFailure(); ++i) {
    const std::string bytes = mutator.Next();
    std::string_view head_bytes;
    const auto ours = Read(bytes, head_bytes);
    if (!ours || IsBeyondBeast(*ours)) continue;
    ++accepted;
    SCOPED_TRACE(testing::PrintToString(bytes));
    Parser beast;
    beast.header_limit(1 << 20);
    beast.body_limit(boost::none);
    boost::beast::error_code error;
    const std::size_t used =
        beast.put(boost::asio::buffer(head_bytes.data(), head_bytes.size()), error);
    ASSERT_FALSE(error) << error.message();
    ASSERT_TRUE(beast.is_header_done());
    EXPECT_EQ(used, head_bytes.size());
    ExpectSame(*ours, beast);
  }
  // Both kinds must have come up for the comparison to mean anything.
  EXPECT_GT(accepted, 10'000);
  EXPECT_LT(accepted, 50'000);
}

}  // namespace
}  // namespace users::net
