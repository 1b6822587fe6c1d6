// Authenticator: requests that are unsigned, or that differ from what was signed.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cctype>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/authenticator_fixture.h"

namespace users::server {
namespace {

using testing::SignableRequest;
using testing::Signing;

class TamperingTest : public testing::AuthenticatorTest {};

// A request that contains everything that can be changed in transit.
SignableRequest Rich() {
  SignableRequest request;
  request.query = "limit=5&status=active";
  request.headers.emplace_back("Content-Type", "application/json");
  request.headers.emplace_back("If-Match", "\"3\"");
  request.headers.emplace_back("X-Amz-Meta", "x");
  request.body = R"({"status":"active"})";
  return request;
}

struct Tampering {
  const char* name;
  std::function<void(SignableRequest&)> change;
};

// Replaces a part of the Authorization header.
void Replace(SignableRequest& request, std::string_view from, std::string_view to) {
  std::string& header = request.At("Authorization");
  const std::size_t at = header.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  header.replace(at, from.size(), to);
}

TEST_F(TamperingTest, IsDetectedInEveryPart) {
  using R = SignableRequest;
  const Tampering cases[] = {
      {"method", [](R& r) { r.method = "PUT"; }},
      {"method in lower case", [](R& r) { r.method = "post"; }},
      {"path", [](R& r) { r.path = "/users/a%40c"; }},
      {"path decoded", [](R& r) { r.path = "/users/a@b"; }},
      {"path in another encoding", [](R& r) { r.path = "/users/%61%40b"; }},
      {"path with a slash", [](R& r) { r.path += "/"; }},
      {"path with a dot segment", [](R& r) { r.path = "/users/./a%40b"; }},
      {"path with a doubled slash", [](R& r) { r.path = "/users//a%40b"; }},
      {"query value", [](R& r) { r.query = "limit=50&status=active"; }},
      {"query name", [](R& r) { r.query = "limits=5&status=active"; }},
      {"an added parameter", [](R& r) { r.query += "&email=a@b"; }},
      {"a repeated parameter", [](R& r) { r.query += "&limit=5"; }},
      {"a removed parameter", [](R& r) { r.query = "limit=5"; }},
      {"no query", [](R& r) { r.query = ""; }},
      {"host", [](R& r) { r.At("Host") = "other.example.com"; }},
      {"a signed header", [](R& r) { r.At("If-Match") = "\"4\""; }},
      {"a signed header twice", [](R& r) { r.headers.emplace_back("If-Match", "\"4\""); }},
      {"a removed signed header",
       [](R& r) { std::erase_if(r.headers, [](const auto& h) { return h.first == "If-Match"; }); }},
      {"an emptied signed header", [](R& r) { r.At("If-Match") = ""; }},
      {"letter case of a value", [](R& r) { r.At("Content-Type") = "application/JSON"; }},
      {"body", [](R& r) { r.body = R"({"status":"deleted"})"; }},
      {"body with white space", [](R& r) { r.body += " "; }},
      {"no body", [](R& r) { r.body = ""; }},
      {"date", [](R& r) { r.At("X-Amz-Date") = "20261122T210936Z"; }},
      {"removed date",
       [](R& r) {
         std::erase_if(r.headers, [](const auto& h) { return h.first == "X-Amz-Date"; });
       }},
      {"date twice", [](R& r) { r.headers.emplace_back("x-amz-date", "20261122T210935Z"); }},
      {"an unsigned x-amz header", [](R& r) { r.headers.emplace_back("X-Amz-Added", "x"); }},
      {"an empty unsigned x-amz header", [](R& r) { r.headers.emplace_back("x-amz-", ""); }},
      {"an unsigned session token",
       [](R& r) { r.headers.emplace_back("X-Amz-Security-Token", "x"); }},
      {"an empty unsigned session token",
       [](R& r) { r.headers.emplace_back("X-Amz-Security-Token", ""); }},
      {"no authorization", [](R& r) { r.headers.pop_back(); }},
      {"authorization twice", [](R& r) { r.headers.push_back(r.headers.back()); }},
      {"two signatures",
       [](R& r) { r.headers.emplace_back("authorization", "Basic dXNlcjpwYXNz"); }},
      {"another scheme", [](R& r) { r.At("Authorization") = "Bearer token"; }},
      {"empty authorization", [](R& r) { r.At("Authorization") = ""; }},
      {"scope of another day", [](R& r) { Replace(r, "20261122", "20261121"); }},
      {"another key", [](R& r) { Replace(r, "AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLF"); }},
      {"key with a slash", [](R& r) { Replace(r, "AKIA", "AKIA/"); }},
      {"a removed name in SignedHeaders", [](R& r) { Replace(r, ";if-match", ""); }},
      {"an added name in SignedHeaders",
       [](R& r) { Replace(r, ";if-match", ";if-match;x-absent"); }},
  };
  for (const Tampering& test : cases) {
    SignableRequest request = Rich();
    Sign(request);
    ExpectAccepted(request, "before");
    test.change(request);
    ExpectRejected(request, test.name);
  }
}

// Signed with the right key, but against the rules.
TEST_F(TamperingTest, IsRejectedDespiteAValidSignature) {
  const std::pair<const char*, const char*> cases[] = {
      {"host not signed", "content-type;if-match;x-amz-date;x-amz-meta"},
      {"x-amz-date not signed", "content-type;host;if-match;x-amz-meta"},
      {"x-amz-meta not signed", "content-type;host;if-match;x-amz-date"},
      {"nothing signed", ";"},
      {"not sorted", "host;content-type;if-match;x-amz-date;x-amz-meta"},
      {"repeated", "content-type;host;host;if-match;x-amz-date;x-amz-meta"},
      {"upper case", "Content-Type;host;if-match;x-amz-date;x-amz-meta"},
      {"an absent header", "content-type;host;if-match;x-absent;x-amz-date;x-amz-meta"},
      {"an empty name", ";content-type;host;if-match;x-amz-date;x-amz-meta"},
      {"a trailing empty name", "content-type;host;if-match;x-amz-date;x-amz-meta;"},
      {"a space", "content-type; host;if-match;x-amz-date;x-amz-meta"},
      {"commas", "content-type,host,if-match,x-amz-date,x-amz-meta"},
  };
  for (const auto& [name, signed_headers] : cases) {
    SignableRequest request = Rich();
    Signing signing;
    signing.signed_headers = signed_headers;
    Sign(request, signing);
    ExpectRejected(request, name);
  }
  SignableRequest least = Rich();
  Signing signing;
  signing.signed_headers = "host;x-amz-date;x-amz-meta";
  Sign(least, signing);
  ExpectAccepted(least, "host and every x-amz-* header are enough");
}

TEST_F(TamperingTest, IsDetectedInTheBodyWhateverTheHashHeaderSays) {
  for (const std::string& hash :
       {std::string("UNSIGNED-PAYLOAD"), std::string("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
        ToHex(Sha256("another body")), std::string(), std::string(64, '0')}) {
    for (const bool hash_is_signed : {true, false}) {
      SignableRequest request = Rich();
      request.headers.emplace_back("X-Amz-Content-Sha256", hash);
      Signing signing;
      if (hash_is_signed) signing.payload_hash = hash;
      Sign(request, signing);
      ExpectRejected(request, hash);
    }
  }
  SignableRequest twice = Rich();
  twice.headers.emplace_back("X-Amz-Content-Sha256", ToHex(Sha256(twice.body)));
  twice.headers.emplace_back("X-Amz-Content-Sha256", ToHex(Sha256(twice.body)));
  Sign(twice);
  ExpectRejected(twice, "the hash twice");
}

TEST_F(TamperingTest, IsDetectedInEveryDigitOfTheSignature) {
  SignableRequest request = Rich();
  Sign(request);
  const std::string good = request.At("Authorization");
  const std::size_t begin = good.size() - 64;
  for (std::size_t i = begin; i < good.size(); ++i) {
    std::string& header = request.At("Authorization");
    header = good;
    header[i] = header[i] == '0' ? '1' : '0';
    ExpectRejected(request, "digit " + std::to_string(i - begin));
  }
  std::string upper = good;
  for (std::size_t i = begin; i < upper.size(); ++i) {
    if (upper[i] >= 'a') upper[i] = static_cast<char>(upper[i] - 32);
  }
  for (const std::string& header :
       {upper, good.substr(0, good.size() - 1), good + "0", good.substr(0, begin),
        good.substr(0, begin) + std::string(64, '0')}) {
    request.At("Authorization") = header;
    ExpectRejected(request, "another signature");
  }
}

TEST_F(TamperingTest, IsDetectedForAWrongSecret) {
  for (const std::string& secret : {std::string(), std::string(testing::kSecret) + " ",
                                    std::string(testing::kSecret).substr(1), std::string("AWS4")}) {
    SignableRequest request;
    Signing signing;
    signing.secret = secret;
    Sign(request, signing);
    ExpectRejected(request, "a wrong secret");
  }
}

TEST_F(TamperingTest, RejectsPresignedUrlsAndNamesTheQuery) {
  SignableRequest request;
  request.method = "GET";
  request.body = "";
  request.query =
      "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20261122%2F"
      "us-east-1%2Fexecute-api%2Faws4_request&X-Amz-Date=20261122T210935Z&X-Amz-Expires=60&"
      "X-Amz-SignedHeaders=host&X-Amz-Signature=" +
      std::string(64, '0');
  EXPECT_NE(ExpectRejected(request, "presigned").find("query"), std::string::npos);
}

TEST_F(TamperingTest, IsDetectedForAnyChangedLetterOrDigit) {
  const bool found = rc::check("a letter or digit changed", [&] {
    SignableRequest request = Rich();
    Sign(request);
    std::string* const parts[] = {&request.method,         &request.path,
                                  &request.query,          &request.body,
                                  &request.At("Host"),     &request.At("Content-Type"),
                                  &request.At("If-Match"), &request.At("X-Amz-Meta")};
    std::string& part = *parts[*rc::gen::inRange<std::size_t>(0, std::size(parts))];
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < part.size(); ++i) {
      if (std::isalnum(static_cast<unsigned char>(part[i])) != 0) places.push_back(i);
    }
    char& c = part[*rc::gen::elementOf(places)];
    const char other = *rc::gen::elementOf(std::string("abcdefghXYZ0123456789"));
    RC_PRE(other != c);
    c = other;
    RC_ASSERT(!Authenticate(request).ok());
  });
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace users::server
