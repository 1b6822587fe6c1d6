#include "aws/environment.h"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "aws/roots.h"
#include "net/client_connection.h"
#include "support/fake_environment.h"

namespace users::aws {
namespace {

using testing::FakeEnvironment;

constexpr ServiceName kDynamoDb{"DYNAMODB", "dynamodb"};

std::string UrlOf(const Result<net::Url>& url) {
  if (!url.ok()) return "error: " + url.error().message;
  return (url->tls ? "https://" : "http://") + url->Authority();
}

TEST(Endpoint, PrefersOptionThenServiceThenGlobalThenRegion) {
  const auto all = FakeEnvironment(
      {{"AWS_ENDPOINT_URL", "http://all:1"}, {"AWS_ENDPOINT_URL_DYNAMODB", "http://own:2"}});
  EXPECT_EQ(UrlOf(Endpoint(kDynamoDb, "http://option:3", "", all)), "http://option:3");
  EXPECT_EQ(UrlOf(Endpoint(kDynamoDb, "", "", all)), "http://own:2");
  const auto only_all = FakeEnvironment({{"AWS_ENDPOINT_URL", "http://all:1"}});
  EXPECT_EQ(UrlOf(Endpoint(kDynamoDb, "", "", only_all)), "http://all:1");
  EXPECT_TRUE(IsEndpointOverridden(kDynamoDb, "", only_all));
  const auto none = FakeEnvironment({});
  EXPECT_EQ(UrlOf(Endpoint(kDynamoDb, "", "eu-central-1", none)),
            "https://dynamodb.eu-central-1.amazonaws.com");
  EXPECT_EQ(UrlOf(Endpoint(kDynamoDb, "", "cn-north-1", none)),
            "https://dynamodb.cn-north-1.amazonaws.com.cn");
  EXPECT_FALSE(IsEndpointOverridden(kDynamoDb, "", none));
}

TEST(Endpoint, HonoursIgnoreConfiguredEndpointUrls) {
  const auto ignoring = FakeEnvironment(
      {{"AWS_ENDPOINT_URL", "http://all:1"}, {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"}});
  EXPECT_EQ(UrlOf(Endpoint(kDynamoDb, "", "us-east-1", ignoring)),
            "https://dynamodb.us-east-1.amazonaws.com");
  EXPECT_EQ(UrlOf(Endpoint(kDynamoDb, "http://option", "us-east-1", ignoring)), "http://option");
}

TEST(Endpoint, NamesTheVariableInErrors) {
  const auto broken = FakeEnvironment({{"AWS_ENDPOINT_URL", "nonsense"}});
  EXPECT_EQ(UrlOf(Endpoint(kDynamoDb, "", "us-east-1", broken)).find("error: AWS_ENDPOINT_URL "),
            0U);
  const auto none = FakeEnvironment({});
  for (const char* region : {"", "us east", "evil.example.com/", "US-EAST-1"}) {
    EXPECT_EQ(UrlOf(Endpoint(kDynamoDb, "", region, none)).find("error: AWS_REGION"), 0U);
  }
}

TEST(Region, PrefersAwsRegion) {
  EXPECT_EQ(Region(FakeEnvironment({{"AWS_REGION", "a"}, {"AWS_DEFAULT_REGION", "b"}})), "a");
  EXPECT_EQ(Region(FakeEnvironment({{"AWS_DEFAULT_REGION", "b"}})), "b");
  EXPECT_EQ(Region(FakeEnvironment({})), std::nullopt);
}

TEST(RootCertificates, ContainFiveParsableCertificates) {
  const std::string_view all = RootCertificates();
  BIO* text = ::BIO_new_mem_buf(all.data(), static_cast<int>(all.size()));
  int count = 0;
  while (X509* certificate = ::PEM_read_bio_X509(text, nullptr, nullptr, nullptr)) {
    ::X509_free(certificate);
    ++count;
  }
  EXPECT_EQ(ERR_GET_REASON(::ERR_peek_last_error()), PEM_R_NO_START_LINE);  // end of text
  ::ERR_clear_error();
  ::BIO_free(text);
  EXPECT_EQ(count, 5);
  EXPECT_TRUE(net::MakeClientTlsContext("", all).ok());
}

}  // namespace
}  // namespace users::aws
