// Boost.Beast must accept everything that our parser accepts, and parse it alike. A program in
// front of the server or behind it could use such a parser.
#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_head.h"
#include "support/beast_head.h"

namespace users::net {
namespace {

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
  if (finder.Scan(bytes) != HeadFinder::State::kComplete) return std::nullopt;
  head_bytes = bytes.substr(finder.begin(), finder.end() - finder.begin());
  RequestHead head;
  if (!ParseRequestHead(head_bytes, head)) return std::nullopt;
  return head;
}

TEST(ParseRequestHead, AcceptsOnlyHeadsThatBeastParsesAlike) {
  HeadMutator mutator(20261122);
  int accepted = 0;
  for (int i = 0; i < 60'000 && !::testing::Test::HasFailure(); ++i) {
    const std::string bytes = mutator.Next();
    std::string_view head_bytes;
    const auto ours = Read(bytes, head_bytes);
    if (!ours || testing::IsBeyondBeast(*ours)) continue;
    ++accepted;
    EXPECT_EQ(testing::DifferenceFromBeast(*ours, head_bytes), std::nullopt)
        << ::testing::PrintToString(bytes);
  }
  // The comparison means something only if both outcomes occurred.
  EXPECT_GT(accepted, 10'000);
  EXPECT_LT(accepted, 50'000);
}

}  // namespace
}  // namespace users::net
