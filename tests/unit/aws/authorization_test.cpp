// ParseAuthorization (aws/sigv4.h).
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "aws/sigv4.h"

namespace users::aws {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kHeader =
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/execute-api/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=0123abcd";

TEST(ParseAuthorization, ReadsTheThreeParts) {
  for (const std::string_view header : {
           kHeader,
           "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/execute-api/aws4_request,"
           "SignedHeaders=host;x-amz-date,Signature=0123abcd"sv,
           "AWS4-HMAC-SHA256   Signature=0123abcd ,  SignedHeaders=host;x-amz-date  ,"
           " Credential=AKIDEXAMPLE/20150830/us-east-1/execute-api/aws4_request "sv,
       }) {
    const auto parsed = ParseAuthorization(header);
    ASSERT_TRUE(parsed) << header;
    EXPECT_EQ(parsed->access_key_id, "AKIDEXAMPLE");
    EXPECT_EQ(parsed->scope.date, "20150830");
    EXPECT_EQ(parsed->scope.region, "us-east-1");
    EXPECT_EQ(parsed->scope.service, "execute-api");
    EXPECT_EQ(parsed->signed_headers, "host;x-amz-date");
    EXPECT_EQ(parsed->signature, "0123abcd");
  }
}

TEST(ParseAuthorization, RejectsMalformedHeaders) {
  const std::string credential = "Credential=A/1/r/s/aws4_request";
  const std::vector<std::string> headers = {
      "",
      "AWS4-HMAC-SHA256",
      "AWS4-HMAC-SHA256 ",
      "Basic dXNlcjpwYXNz",
      "Bearer token",
      "aws4-hmac-sha256 " + credential + ", SignedHeaders=host, Signature=0",
      "AWS4-HMAC-SHA256X " + credential + ", SignedHeaders=host, Signature=0",
      "AWS4-HMAC-SHA256," + credential + ", SignedHeaders=host, Signature=0",
      "AWS4-ECDSA-P256-SHA256 " + credential + ", SignedHeaders=host, Signature=0",
      " AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=host, Signature=0",
      // A part is missing, empty, repeated, unknown or without a name.
      "AWS4-HMAC-SHA256 SignedHeaders=host, Signature=0",
      "AWS4-HMAC-SHA256 " + credential + ", Signature=0",
      "AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=host",
      "AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=, Signature=0",
      "AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=host, Signature=",
      "AWS4-HMAC-SHA256 Credential=, SignedHeaders=host, Signature=0",
      "AWS4-HMAC-SHA256 " + credential + ", " + credential + ", SignedHeaders=host, Signature=0",
      "AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=a, SignedHeaders=b, Signature=0",
      "AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=host, Signature=0, Signature=1",
      "AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=host, Signature=0, Region=x",
      "AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=host, Signature=0, ",
      "AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=host, Signature=0, x",
      "AWS4-HMAC-SHA256 " + credential + " SignedHeaders=host Signature=0",
      "AWS4-HMAC-SHA256 " + credential + "; SignedHeaders=host; Signature=0",
      "AWS4-HMAC-SHA256 credential=A/1/r/s/aws4_request, SignedHeaders=host, Signature=0",
      // A malformed scope.
      "AWS4-HMAC-SHA256 Credential=A, SignedHeaders=host, Signature=0",
      "AWS4-HMAC-SHA256 Credential=A/1/r/s, SignedHeaders=host, Signature=0",
      "AWS4-HMAC-SHA256 Credential=A/1/r/s/aws4, SignedHeaders=host, Signature=0",
      "AWS4-HMAC-SHA256 Credential=A/1/r/s/aws4_request/x, SignedHeaders=host, "
      "Signature=0",
      "AWS4-HMAC-SHA256 Credential=A/1/r/s/AWS4_REQUEST, SignedHeaders=host, Signature=0",
      "AWS4-HMAC-SHA256 Credential=/1/r/s/aws4_request, SignedHeaders=host, Signature=0",
      "AWS4-HMAC-SHA256 Credential=A/B/1/r/s/aws4_request, SignedHeaders=host, "
      "Signature=0",
  };
  for (const std::string& header : headers) {
    EXPECT_FALSE(ParseAuthorization(header)) << header;
  }
}

RC_GTEST_PROP(ParseAuthorization, HandlesDamagedHeaders, ()) {
  std::string header(kHeader);
  const auto edits = *rc::gen::inRange(1, 6);
  for (int i = 0; i < edits; ++i) {
    header[*rc::gen::inRange<std::size_t>(0, header.size())] =
        *rc::gen::oneOf(rc::gen::arbitrary<char>(), rc::gen::elementOf(std::string(",=/; ")));
  }
  header.resize(*rc::gen::inRange<std::size_t>(0, header.size() + 1));
  const auto parsed = ParseAuthorization(header);
  if (parsed) {
    RC_ASSERT(!parsed->access_key_id.empty());
    RC_ASSERT(!parsed->signed_headers.empty());
    RC_ASSERT(!parsed->signature.empty());
  }
}

}  // namespace
}  // namespace users::aws
