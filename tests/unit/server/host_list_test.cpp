#include "server/host_list.h"

#include <gtest/gtest.h>

namespace users::server {
namespace {

TEST(WithoutPort, KeepsTheNameOrAddress) {
  EXPECT_EQ(WithoutPort("a.example"), "a.example");
  EXPECT_EQ(WithoutPort("a.example:80"), "a.example");
  EXPECT_EQ(WithoutPort("[::1]"), "[::1]");
  EXPECT_EQ(WithoutPort("[::1]:80"), "[::1]");
  EXPECT_EQ(WithoutPort("::1"), "::1");
  EXPECT_EQ(WithoutPort(""), "");
  EXPECT_EQ(WithoutPort(":80"), "");
}

TEST(IsAddressOrLocalhost, AcceptsHostsThatNeedNoNameServer) {
  for (const char* host : {"127.0.0.1", "127.0.0.1:9090", "0.0.0.0", "10.1.2.3:1", "[::1]",
                           "[::1]:80", "[fe80::1]:80", "localhost", "LocalHost:80"}) {
    EXPECT_TRUE(IsAddressOrLocalhost(host)) << host;
  }
  for (const char* host :
       {"", ":80", "example.com", "localhost.example.com", "127.0.0.1.example.com", "1", "127.1",
        "0x7f.0.0.1", "::1", "[127.0.0.1]", "[::1", "[]", "[localhost]", "localhost."}) {
    EXPECT_FALSE(IsAddressOrLocalhost(host)) << host;
  }
}

TEST(IsHostEntry, AcceptsNamesWithOrWithoutPort) {
  for (const char* entry : {"a", "users.example.com", "users.example.com:8443", "10.0.0.1", "[::1]",
                            "[::1]:80", "A_b-c.d"}) {
    EXPECT_TRUE(IsHostEntry(entry)) << entry;
  }
  for (const char* entry :
       {"", ":80", "a:", "a:0", "a:70000", "a:x", "http://a", "a/b", "a b", "a*", "[::1", "::1"}) {
    EXPECT_FALSE(IsHostEntry(entry)) << entry;
  }
}

TEST(HostList, AcceptsEverythingIfEmpty) {
  EXPECT_TRUE(HostList({}).Accepts("anything:1"));
}

TEST(HostList, AcceptsItsEntries) {
  const HostList hosts({"a.example", "b.example:1", "[::1]"});
  for (const char* host : {"a.example", "A.EXAMPLE", "a.example:80", "b.example:1", "[::1]:5"}) {
    EXPECT_TRUE(hosts.Accepts(host)) << host;
  }
  for (const char* host : {"", "b.example", "b.example:2", "xa.example", "a.example.x", "[::2]"}) {
    EXPECT_FALSE(hosts.Accepts(host)) << host;
  }
}

}  // namespace
}  // namespace users::server
