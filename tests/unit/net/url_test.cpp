#include "net/url.h"

#include <gtest/gtest.h>

namespace users::net {
namespace {

TEST(Url, IsParsedIntoItsParts) {
  const auto plain = ParseUrl("http://127.0.0.1:8000");
  ASSERT_TRUE(plain.ok());
  EXPECT_FALSE(plain->tls);
  EXPECT_EQ(plain->host, "127.0.0.1");
  EXPECT_EQ(plain->port, 8000);
  EXPECT_EQ(plain->path, "/");
  EXPECT_EQ(plain->Authority(), "127.0.0.1:8000");

  const auto aws = ParseUrl("HTTPS://dynamodb.eu-central-1.amazonaws.com/a%20b?c=d");
  ASSERT_TRUE(aws.ok());
  EXPECT_TRUE(aws->tls);
  EXPECT_EQ(aws->port, 443);
  EXPECT_EQ(aws->path, "/a%20b?c=d");
  EXPECT_EQ(aws->Authority(), "dynamodb.eu-central-1.amazonaws.com");

  const auto v6 = ParseUrl("http://[fd00:ec2::23]/v1?x");
  ASSERT_TRUE(v6.ok());
  EXPECT_EQ(v6->host, "fd00:ec2::23");
  EXPECT_EQ(v6->Authority(), "[fd00:ec2::23]");
  EXPECT_EQ(ParseUrl("http://h?q")->path, "/?q");
}

TEST(Url, RejectsInvalidServerUrls) {
  for (const char* text : {"",
                           "h",
                           "http:/h",
                           "ftp://h",
                           "http://",
                           "http:///path",
                           "http://:80",
                           "http://h:",
                           "http://h:0",
                           "http://h:65536",
                           "http://h:8 0",
                           "http://user@h",
                           "http://user:pw@h",
                           "http://h#f",
                           "http://h/a b",
                           "http://[::1",
                           "http://::1",
                           "http://[h]",
                           "http://[]",
                           "http://[::1]x",
                           "http://h\r\nHost: x",
                           "http://h/\r\n",
                           "http://h/\xC3\xA4"}) {
    EXPECT_FALSE(ParseUrl(text).ok()) << text;
  }
}

}  // namespace
}  // namespace users::net
