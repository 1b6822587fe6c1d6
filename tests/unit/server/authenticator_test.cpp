// Accepted requests, and keys, dates and scopes. For tampering, see
// authenticator_tampering_test.cpp.
#include "server/authenticator.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/authenticator_fixture.h"

namespace users::server {
namespace {

using testing::SignableRequest;
using testing::Signing;

class AuthenticatorTest : public testing::AuthenticatorTest {};

SignableRequest Signed(const Signing& signing = {}) {
  SignableRequest request;
  Sign(request, signing);
  return request;
}

TEST_F(AuthenticatorTest, ReturnsTheSigner) {
  const auto identity = Authenticate(Signed());
  ASSERT_TRUE(identity.ok()) << identity.error().message;
  EXPECT_EQ(identity->principal->arn, testing::kClerk);
  EXPECT_EQ(identity->known->key->access_key_id, testing::kKeyId);
}

TEST_F(AuthenticatorTest, AcceptsARepeatedRequest) {
  const SignableRequest request = Signed();
  ExpectAccepted(request, "first");
  ExpectAccepted(request, "again");
}

TEST_F(AuthenticatorTest, AcceptsRequestsOfOurOwnSigner) {
  SignableRequest request;
  request.query = "b=2&a=x%20y";
  const net::RequestHead head = request.Head();
  const aws::RequestView view{head.method, head.path, head.query, head.fields};
  const aws::Credentials credentials{"ASIAWITHTOKENEXAMPLE", std::string(testing::kSecret),
                                     "session/token=="};
  for (auto& header :
       aws::SignatureHeaders(view, request.body, credentials, "us-east-1", "execute-api", now_)) {
    request.headers.push_back(std::move(header));
  }
  ExpectAccepted(request, "SignatureHeaders");
}

TEST_F(AuthenticatorTest, AcceptsEveryFormOfTheQuery) {
  for (const std::string query : {"", "limit=5", "b=2&a=1", "email=a@b", "email=a%40b", "flag",
                                  "a=%c3%a4&a=", "x=a+b&&y", "a=b=c&a=%zz"}) {
    for (const aws::QueryForm form :
         {aws::QueryForm::kCanonical, aws::QueryForm::kSortedAsSent, aws::QueryForm::kAsSent}) {
      SignableRequest request;
      request.method = "GET";
      request.body = "";
      request.query = query;
      Signing signing;
      signing.query_form = form;
      Sign(request, signing);
      ExpectAccepted(request, query);
    }
  }
}

TEST_F(AuthenticatorTest, AcceptsPathsEncodedTwice) {
  for (const std::string path : {"/", "/users", "/users/a%40b", "/users/a@b", "/a%2Fb", "/%zz",
                                 "//a/../b/./", "/users/01A/roles/%C3%A4", "*"}) {
    SignableRequest request;
    request.path = path;
    Sign(request);
    ExpectAccepted(request, path);
  }
}

TEST_F(AuthenticatorTest, AcceptsChangesThatTheSignatureDoesNotCover) {
  SignableRequest request;
  request.headers.emplace_back("X-Some", "two words");
  Sign(request);
  request.At("X-Some") = "two \t words";
  request.headers.emplace_back("X-Added", "by a proxy");
  request.headers.emplace_back("X-Added", "by another");
  std::swap(request.headers.front(), request.headers.back());
  for (auto& header : request.headers) header.first = LowerAscii(header.first);
  ExpectAccepted(request, "white space, order, letter case, unsigned headers");
}

TEST_F(AuthenticatorTest, AcceptsABodyHashHeader) {
  SignableRequest request;
  request.headers.emplace_back("X-Amz-Content-Sha256", ToHex(Sha256(request.body)));
  Sign(request);
  ExpectAccepted(request, "x-amz-content-sha256");
}

TEST_F(AuthenticatorTest, AcceptsDatesUpToFiveMinutesOff) {
  const SignableRequest request = Signed();
  const Timestamp signed_at = now_;
  using std::chrono::milliseconds;
  const std::pair<milliseconds, bool> cases[] = {
      {milliseconds(0), true},           {milliseconds(300'000), true},
      {milliseconds(300'001), false},    {milliseconds(301'000), false},
      {milliseconds(-300'000), true},    {milliseconds(-300'001), false},
      {milliseconds(86'400'000), false}, {milliseconds(-86'400'000), false},
  };
  for (const auto& [later, accepted] : cases) {
    now_ = signed_at + later;
    EXPECT_EQ(Authenticate(request).ok(), accepted) << later.count();
  }
}

TEST_F(AuthenticatorTest, ReportsServerTimeOnClockSkew) {
  now_ += std::chrono::hours(1);
  EXPECT_NE(ExpectRejected(Signed(), "an hour off").find("20261122T220935Z"), std::string::npos);
}

// Around midnight, the day of the scope is that of X-Amz-Date, not that of the server.
TEST_F(AuthenticatorTest, AcceptsYesterdaysScopeJustAfterMidnight) {
  now_ = *ParseTimestamp("2026-11-23T00:02:00Z");
  Signing yesterday;
  yesterday.amz_date = "20261122T235900Z";
  ExpectAccepted(Signed(yesterday), "yesterday");
  Signing today;
  today.amz_date = "20261123T000100Z";
  ExpectAccepted(Signed(today), "today");
  ExpectAccepted(Signed(yesterday), "yesterday again, with another signing key");
  yesterday.scope_date = "20261123";
  ExpectRejected(Signed(yesterday), "a scope of another day");
}

TEST_F(AuthenticatorTest, RejectsOtherScopes) {
  const std::vector<std::pair<std::string, Signing>> cases = [] {
    std::vector<std::pair<std::string, Signing>> made;
    const auto add = [&](const char* name, auto change) {
      Signing signing;
      change(signing);
      made.emplace_back(name, signing);
    };
    add("another region", [](Signing& s) { s.region = "eu-central-1"; });
    add("region in upper case", [](Signing& s) { s.region = "US-EAST-1"; });
    add("no region", [](Signing& s) { s.region = ""; });
    add("another service", [](Signing& s) { s.service = "s3"; });
    add("service in upper case", [](Signing& s) { s.service = "Execute-Api"; });
    add("another day", [](Signing& s) { s.scope_date = "20261121"; });
    add("no day", [](Signing& s) { s.scope_date = "2026"; });
    return made;
  }();
  for (const auto& [name, signing] : cases) ExpectRejected(Signed(signing), name);
}

TEST_F(AuthenticatorTest, RejectsOtherDateFormats) {
  for (const char* date :
       {"", "20261122", "2026-11-22T21:09:35Z", "20261122T210935z", "20261122T210935",
        "20261122T210965Z", "Sun, 22 Nov 2026 21:09:35 GMT"}) {
    Signing signing;
    signing.amz_date = date;
    signing.scope_date = "20261122";
    ExpectRejected(Signed(signing), date);
  }
}

TEST_F(AuthenticatorTest, DistinguishesUnknownInactiveAndExpiredKeys) {
  Signing unknown;
  unknown.key_id = "AKIAUNKNOWN07EXAMPLE";
  Signing inactive;
  inactive.key_id = "AKIAINACTIVE7EXAMPLE";
  Signing expired;
  expired.key_id = "AKIAEXPIRING7EXAMPLE";
  ExpectAccepted(Signed(expired), "not yet expired");
  now_ = *ParseTimestamp("2026-11-22T21:09:36.499Z");
  ExpectAccepted(Signed(expired), "its last millisecond");
  now_ = *ParseTimestamp("2026-11-22T21:09:36.500Z");
  EXPECT_NE(ExpectRejected(Signed(expired), "expired").find("expired"), std::string::npos);
  EXPECT_EQ(rejection_.reason, RejectionReason::kExpired);
  EXPECT_NE(ExpectRejected(Signed(unknown), "unknown").find("unknown"), std::string::npos);
  EXPECT_EQ(rejection_.reason, RejectionReason::kUnknownKey);
  EXPECT_NE(ExpectRejected(Signed(inactive), "inactive").find("inactive"), std::string::npos);
  EXPECT_EQ(rejection_.reason, RejectionReason::kInactive);
  Signing other_case;
  other_case.key_id = "akiaiosfodnn7example";
  ExpectRejected(Signed(other_case), "letter case of a key id");
}

TEST_F(AuthenticatorTest, RequiresASessionTokenExactlyIfTheKeyHasOne) {
  const auto signed_with = [](const char* key_id, const char* token) {
    SignableRequest request;
    if (token != nullptr) request.headers.emplace_back("X-Amz-Security-Token", token);
    Signing signing;
    signing.key_id = key_id;
    Sign(request, signing);
    return request;
  };
  const char* kWith = "ASIAWITHTOKENEXAMPLE";
  const char* kWithout = "AKIAIOSFODNN7EXAMPLE";
  ExpectAccepted(signed_with(kWith, "session/token=="), "its token");
  ExpectRejected(signed_with(kWith, nullptr), "no token");
  ExpectRejected(signed_with(kWith, ""), "an empty token");
  ExpectRejected(signed_with(kWith, "session/token="), "a truncated token");
  ExpectRejected(signed_with(kWith, "Session/token=="), "a token in another letter case");
  ExpectRejected(signed_with(kWithout, "session/token=="), "a token for a key without one");
  ExpectRejected(signed_with(kWithout, ""), "an empty token for a key without one");
}

// Several clients add these after signing.
TEST_F(AuthenticatorTest, AcceptsUnsignedHashAndToken) {
  SignableRequest request;
  Signing signing;
  signing.key_id = "ASIAWITHTOKENEXAMPLE";
  Sign(request, signing);
  request.headers.emplace_back("X-Amz-Security-Token", "session/token==");
  request.headers.emplace_back("X-Amz-Content-Sha256", ToHex(Sha256(request.body)));
  ExpectAccepted(request, "both unsigned");
  request.At("X-Amz-Content-Sha256").front() ^= 1;
  ExpectRejected(request, "another hash");
  EXPECT_EQ(rejection_.reason, RejectionReason::kBodyHash);
}

// A request is rejected before its body exactly if its head is invalid with any body.
TEST_F(AuthenticatorTest, RejectsHeadsThatAreInvalidWithAnyBody) {
  const auto rejects_head = [&](const SignableRequest& request) {
    rejection_ = Rejection();
    return !authenticator_->CheckHead(request.Head(), now_, rejection_).ok();
  };
  EXPECT_FALSE(rejects_head(Signed()));
  Signing wrong;
  wrong.secret = "a-wrong-secret-key";
  EXPECT_FALSE(rejects_head(Signed(wrong)));  // depends on the body
  for (const bool is_signed : {true, false}) {
    SignableRequest with_hash;
    const std::string hash = ToHex(Sha256(with_hash.body));
    if (is_signed) with_hash.headers.emplace_back("X-Amz-Content-Sha256", hash);
    Sign(with_hash, wrong);
    if (!is_signed) with_hash.headers.emplace_back("X-Amz-Content-Sha256", hash);
    EXPECT_TRUE(rejects_head(with_hash));
    EXPECT_EQ(rejection_.reason, RejectionReason::kMismatch);
  }
  SignableRequest without_hash_form;
  without_hash_form.headers.emplace_back("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD");
  Sign(without_hash_form);
  EXPECT_TRUE(rejects_head(without_hash_form));
  EXPECT_EQ(rejection_.reason, RejectionReason::kBodyHash);
  Signing unknown;
  unknown.key_id = "AKIAUNKNOWN07EXAMPLE";
  EXPECT_TRUE(rejects_head(Signed(unknown)));
  now_ += std::chrono::hours(1);
  EXPECT_TRUE(rejects_head(Signed()));
  EXPECT_EQ(rejection_.reason, RejectionReason::kClock);
}

TEST_F(AuthenticatorTest, ReturnsTheCanonicalRequestOfAMismatch) {
  SignableRequest request;
  request.query = "b=+&a=%7e";
  request.headers.emplace_back("X-Amz-Security-Token", "session/token==");
  Signing signing;
  signing.key_id = "ASIAWITHTOKENEXAMPLE";
  signing.secret = "a-wrong-secret-key";
  Sign(request, signing);
  const auto identity = Authenticate(request);
  ASSERT_FALSE(identity.ok());
  const Error& error = identity.error();
  EXPECT_NE(error.message.find("%2B"), std::string::npos);
  ASSERT_EQ(error.fields.size(), 2U);
  EXPECT_EQ(error.fields[0].field, "canonicalRequest");
  EXPECT_EQ(error.fields[0].message,
            "POST\n/users/a%2540b\na=~&b=%2B\nhost:users.example.com\n"
            "x-amz-date:20261122T210935Z\nx-amz-security-token:(not shown)\n\n"
            "host;x-amz-date;x-amz-security-token\n" +
                ToHex(Sha256(request.body)));
  EXPECT_EQ(error.fields[1].field, "stringToSign");
}

TEST_F(AuthenticatorTest, AcceptsOnlyTheHostsThatItServes) {
  authenticator_ = std::make_unique<Authenticator>(*store_, "us-east-1",
                                                   HostList({"users.example.com", "b.example:1"}));
  ExpectAccepted(Signed(), "its name");
  for (const auto& [host, accepted] :
       std::vector<std::pair<std::string, bool>>{{"USERS.example.com:8443", true},
                                                 {"b.example:1", true},
                                                 {"b.example", false},
                                                 {"b.example:2", false},
                                                 {"users.example.com.evil.example", false}}) {
    SignableRequest request;
    request.At("Host") = host;
    Sign(request);
    EXPECT_EQ(Authenticate(request).ok(), accepted) << host;
    EXPECT_EQ(rejection_.reason, accepted ? RejectionReason::kNone : RejectionReason::kHost)
        << host;
  }
}

// After a reload, neither the old secret nor a signing key derived from it is valid.
TEST_F(AuthenticatorTest, UsesAChangedSecretAfterReload) {
  ASSERT_TRUE(sink_.WaitFor("principals_loaded", 1));
  ExpectAccepted(Signed(), "the old secret");
  const std::string new_secret = "another-secret-of-32-characters!";
  testing::WriteAll(path_, testing::PrincipalsFile(new_secret));
  store_->Reload();
  ASSERT_TRUE(sink_.WaitFor("principals_loaded", 2));
  ExpectRejected(Signed(), "the old secret");
  Signing signing;
  signing.secret = new_secret;
  ExpectAccepted(Signed(signing), "the new secret");
}

}  // namespace
}  // namespace users::server
