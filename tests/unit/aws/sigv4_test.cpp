// Cases that AWS's own test vectors (sigv4_vectors_test.cpp) do not cover.
#include "aws/sigv4.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/text/text.h"

namespace users::aws {
namespace {

using namespace std::string_view_literals;

const HeaderField kHost{"Host", "users.example.com"};

// The path and the query as written in the canonical request.
std::pair<std::string, std::string> PathAndQuery(std::string_view path, std::string_view query,
                                                 QueryForm query_form,
                                                 PathForm path_form = PathForm::kAsSent) {
  const HeaderFields headers = {kHost};
  const RequestView view{"GET", path, query, headers};
  const std::string canonical = CanonicalRequest(view, "host", "hash", query_form, path_form);
  const auto lines = Split(canonical, '\n');
  EXPECT_EQ(lines.size(), 7U);
  EXPECT_EQ(lines[0], "GET");
  EXPECT_EQ(lines[3], "host:users.example.com");
  EXPECT_EQ(lines[4], "");
  EXPECT_EQ(lines[5], "host");
  EXPECT_EQ(lines[6], "hash");
  return {std::string(lines[1]), std::string(lines[2])};
}

TEST(CanonicalRequest, EncodesThePathTwice) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"/users/01A/roles/admin", "/users/01A/roles/admin"},
      {"/a%40b", "/a%2540b"},
      {"/a%2Fb", "/a%252Fb"},
      {"/a%2fb", "/a%252fb"},
      {"/100%", "/100%25"},
      {"/a@b", "/a%40b"},
      {"/a b", "/a%20b"},
      {"/a+b", "/a%2Bb"},
      {"/-._~", "/-._~"},
      {"//a//", "//a//"},
      {"/a/../b/./c", "/a/../b/./c"},
      {"*", "%2A"},
  };
  for (const auto& [path, expected] : cases) {
    EXPECT_EQ(PathAndQuery(path, "", QueryForm::kCanonical).first, expected) << path;
  }
}

TEST(CanonicalRequest, NormalisesThePathOnRequest) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "/"},
      {"/", "/"},
      {"//", "/"},
      {"/a/..", "/"},
      {"/../..", "/"},
      {"/a/./b", "/a/b"},
      {"/a/b/..", "/a/"},
      {"/a/.", "/a/"},
      {"/a//b/", "/a/b/"},
      {"/...", "/..."},
      {"/a%2F..", "/a%252F.."},
  };
  for (const auto& [path, expected] : cases) {
    EXPECT_EQ(PathAndQuery(path, "", QueryForm::kCanonical, PathForm::kNormalised).first, expected)
        << path;
  }
}

struct Query {
  std::string_view sent;
  std::string_view canonical;
  std::string_view sorted;
};

TEST(CanonicalRequest, SupportsThreeQueryForms) {
  const Query cases[] = {
      {"", "", ""},
      {"limit=5", "limit=5", "limit=5"},
      {"b=2&a=1", "a=1&b=2", "a=1&b=2"},
      {"a=2&a=1", "a=1&a=2", "a=1&a=2"},
      {"flag", "flag=", "flag="},
      {"b&a", "a=&b=", "a=&b="},
      {"a=b=c", "a=b%3Dc", "a=b=c"},
      {"e=a@b", "e=a%40b", "e=a@b"},
      {"e=a%40b", "e=a%40b", "e=a%40b"},
      {"e=%c3%a4", "e=%C3%A4", "e=%c3%a4"},
      {"%6cimit=5", "limit=5", "%6cimit=5"},
      {"a=x+y", "a=x%2By", "a=x+y"},
      {"a=x%20y", "a=x%20y", "a=x%20y"},
      {"a=%zz", "a=%25zz", "a=%zz"},
      {"a=1&&b=2", "a=1&b=2", "=&a=1&b=2"},
      {"=x", "=x", "=x"},
      // Parameters are sorted by encoded name, then by value.
      {"a-b=1&a=2", "a=2&a-b=1", "a=2&a-b=1"},
      {"B=1&a=2", "B=1&a=2", "B=1&a=2"},
      {"a=%7E&a=b", "a=b&a=~", "a=%7E&a=b"},
  };
  for (const Query& test : cases) {
    EXPECT_EQ(PathAndQuery("/", test.sent, QueryForm::kCanonical).second, test.canonical);
    EXPECT_EQ(PathAndQuery("/", test.sent, QueryForm::kSortedAsSent).second, test.sorted);
    EXPECT_EQ(PathAndQuery("/", test.sent, QueryForm::kAsSent).second, test.sent);
  }
}

TEST(CanonicalRequest, JoinsAndTrimsHeaders) {
  const HeaderFields headers = {{"X-B", "  two \t  words "},
                                {"host", "h"},
                                {"x-a", "1"},
                                {"X-A", " 2 "},
                                {"x-unsigned", "u"}};
  const RequestView view{"PUT", "/", "", headers};
  EXPECT_EQ(
      CanonicalRequest(view, "host;x-a;x-b", "hash", QueryForm::kCanonical, PathForm::kAsSent),
      "PUT\n/\n\nhost:h\nx-a:1,2\nx-b:two words\n\nhost;x-a;x-b\nhash");
}

// The example in AWS's documentation (IAM user guide, "Create a signed request").
TEST(DeriveSigningKey, MatchesTheDocumentedExample) {
  const CredentialScope scope{"20120215", "us-east-1", "iam"};
  EXPECT_EQ(ToHex(DeriveSigningKey("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", scope)),
            "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d");
}

RC_GTEST_PROP(SignatureHeaders, CanBeVerified, (std::string body, bool with_token)) {
  Credentials credentials{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""};
  if (with_token) credentials.session_token = "token/with+signs==";
  const HeaderFields headers = {kHost, {"Content-Type", "application/json"}};
  const RequestView request{"POST", "/users/a%40b", "b=2&a=x%20y", headers};
  const Timestamp now = *ParseTimestamp("2026-11-22T21:09:35.987Z");
  const auto added =
      SignatureHeaders(request, body, credentials, "eu-central-1", "execute-api", now);

  std::map<std::string, std::string> by_name(added.begin(), added.end());
  RC_ASSERT(added.size() == (with_token ? 3U : 2U));
  RC_ASSERT(by_name["x-amz-date"] == "20261122T210935Z");
  RC_ASSERT(by_name["x-amz-security-token"] == credentials.session_token);
  const auto parsed = ParseAuthorization(by_name["authorization"]);
  RC_ASSERT(parsed.has_value());
  RC_ASSERT(parsed->access_key_id == "AKIDEXAMPLE");
  RC_ASSERT(parsed->scope.date == "20261122");
  RC_ASSERT(parsed->scope.region == "eu-central-1");
  RC_ASSERT(parsed->scope.service == "execute-api");
  RC_ASSERT(parsed->signed_headers == (with_token
                                           ? "content-type;host;x-amz-date;x-amz-security-token"
                                           : "content-type;host;x-amz-date"));
  HeaderFields all = headers;
  for (const auto& [name, value] : added) all.Add(HeaderField{name, value});
  const RequestView sent{"POST", "/users/a%40b", "b=2&a=x%20y", all};
  const std::string canonical = CanonicalRequest(sent, parsed->signed_headers, ToHex(Sha256(body)),
                                                 QueryForm::kCanonical, PathForm::kAsSent);
  const std::string expected = Sign(DeriveSigningKey(credentials.secret_access_key, parsed->scope),
                                    StringToSign("20261122T210935Z", parsed->scope, canonical));
  RC_ASSERT(parsed->signature == expected);
}

TEST(AmzDate, UsesTheBasicFormat) {
  const auto time = ParseAmzDate("20150830T123600Z");
  ASSERT_TRUE(time);
  EXPECT_EQ(FormatTimestamp(*time), "2015-08-30T12:36:00.000Z");
  EXPECT_EQ(FormatAmzDate(*time), "20150830T123600Z");
  EXPECT_EQ(FormatAmzDate(*time + std::chrono::milliseconds(999)), "20150830T123600Z");
  EXPECT_EQ(FormatTimestamp(*ParseAmzDate("20240229T235959Z")), "2024-02-29T23:59:59.000Z");
}

TEST(AmzDate, RejectsOtherFormats) {
  for (const std::string_view text : {
           ""sv,
           "20150830"sv,
           "2015-08-30T12:36:00Z"sv,
           "20150830T123600"sv,
           "20150830T1236Z"sv,
           "20150830T123600z"sv,
           "20150830t123600Z"sv,
           "20150830 123600Z"sv,
           "20150830T123600.0Z"sv,
           "20150830T123600+0000"sv,
           " 20150830T123600Z"sv,
           "20150830T123600Z "sv,
           "20150830T123600Z\0"sv,
           "20151330T123600Z"sv,
           "20150230T123600Z"sv,
           "20150830T243600Z"sv,
           "20150830T126000Z"sv,
           "20150830T123661Z"sv,
           "2015083oT123600Z"sv,
           "2015083-T123600Z"sv,
           "-0150830T123600Z"sv,
           "20150830T12360 Z"sv,
           "20150830T1236.0Z"sv,
           "20150830T12:60Z"sv,
           "Sun, 30 Aug 2015"sv,
       }) {
    EXPECT_FALSE(ParseAmzDate(text)) << testing::PrintToString(text);
  }
}

}  // namespace
}  // namespace users::aws
