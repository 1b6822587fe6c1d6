#include "net/endpoint.h"

#include <gtest/gtest.h>

#include <string_view>

namespace users::net {
namespace {

using namespace std::string_view_literals;

struct Case {
  std::string_view text;
  std::string_view written;
  bool loopback;
};

TEST(ParseEndpoint, ReadsAddressesAndLocalhost) {
  const Case cases[] = {
      {"127.0.0.1:8080", "127.0.0.1:8080", true},
      {"localhost:80", "127.0.0.1:80", true},
      {"[::1]:65535", "[::1]:65535", true},
      {"0.0.0.0:0", "0.0.0.0:0", false},
      {"[::]:0", "[::]:0", false},
      {"[2001:DB8::0:1]:443", "[2001:db8::1]:443", false},
      {"10.0.0.1:1", "10.0.0.1:1", false},
      {"127.0.0.1:00080", "127.0.0.1:80", true},
  };
  for (const Case& test : cases) {
    const auto endpoint = ParseEndpoint(test.text);
    ASSERT_TRUE(endpoint.ok()) << test.text;
    EXPECT_EQ(FormatEndpoint(*endpoint), test.written);
    EXPECT_EQ(endpoint->address().is_loopback(), test.loopback) << test.text;
  }
}

TEST(ParseEndpoint, RejectsEverythingElse) {
  for (const std::string_view text : {
           ""sv,
           ":"sv,
           ":8080"sv,
           "8080"sv,
           "127.0.0.1"sv,
           "127.0.0.1:"sv,
           "127.0.0.1:x"sv,
           "127.0.0.1:-1"sv,
           "127.0.0.1:+1"sv,
           "127.0.0.1:65536"sv,
           "127.0.0.1:99999999999"sv,
           "127.0.0.1: 80"sv,
           "127.0.0.1:80 "sv,
           " 127.0.0.1:80"sv,
           "127.0.0.1:80:80"sv,
           "127.0.0.1:0x50"sv,
           "127.0.0.1:80\0"sv,
           "127.1:80"sv,
           "127.0.0.256:80"sv,
           "1.2.3:80"sv,
           "::1:80"sv,
           "::1"sv,
           "[::1]"sv,
           "[::1]:"sv,
           "[::1:80"sv,
           "::1]:80"sv,
           "[]:80"sv,
           "[127.0.0.1]:80"sv,
           "[localhost]:80"sv,
           "[:::1]:80"sv,
           "*:80"sv,
           "example.com:80"sv,
           "http://127.0.0.1:80"sv,
           "localhost.:80"sv,
           "LOCALHOST:80"sv,
       }) {
    const auto endpoint = ParseEndpoint(text);
    EXPECT_FALSE(endpoint.ok()) << testing::PrintToString(text);
  }
}

}  // namespace
}  // namespace users::net
