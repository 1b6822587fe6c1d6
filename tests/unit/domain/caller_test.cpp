#include "domain/caller.h"

#include <gtest/gtest.h>

#include <string_view>

namespace users::domain {
namespace {

struct Case {
  std::string_view arn;
  std::string_view owner;
};

TEST(IdempotencyOwner, DropsTheSessionName) {
  const Case cases[] = {
      {"arn:aws:sts::123456789012:assumed-role/Deploy/alice",
       "arn:aws:sts::123456789012:assumed-role/Deploy"},
      {"arn:aws:sts::123456789012:assumed-role/Deploy/bob@example.com",
       "arn:aws:sts::123456789012:assumed-role/Deploy"},
      {"arn:aws:sts::123456789012:assumed-role/Other/alice",
       "arn:aws:sts::123456789012:assumed-role/Other"},
      // Other principals have no session name to drop.
      {"arn:aws:iam::123456789012:user/clerk", "arn:aws:iam::123456789012:user/clerk"},
      {"arn:aws:iam::123456789012:user/path/to/clerk",
       "arn:aws:iam::123456789012:user/path/to/clerk"},
      {"arn:aws:iam::123456789012:role/Deploy/alice",
       "arn:aws:iam::123456789012:role/Deploy/alice"},
      {"arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:root"},
      {"arn:aws:sts::123456789012:federated-user/bob",
       "arn:aws:sts::123456789012:federated-user/bob"},
      {"arn:aws:sts::123456789012:assumed-role/Deploy",
       "arn:aws:sts::123456789012:assumed-role/Deploy"},
      {"arn:aws:sts::123456789012:assumed-role/", "arn:aws:sts::123456789012:assumed-role/"},
      {"", ""},
      {"assumed-role/Deploy/alice", "assumed-role/Deploy/alice"},
  };
  for (const Case& test : cases) EXPECT_EQ(IdempotencyOwner(test.arn), test.owner);
}

// An IAM user's path may contain colons, so part of its ARN can look like an assumed role.
TEST(IdempotencyOwner, NeverMergesTwoUsers) {
  const std::string_view alice = "arn:aws:iam::123456789012:user/a:sts:b:assumed-role/Deploy/alice";
  const std::string_view bob = "arn:aws:iam::123456789012:user/a:sts:b:assumed-role/Deploy/bob";
  EXPECT_NE(IdempotencyOwner(alice), IdempotencyOwner(bob));
  EXPECT_EQ(IdempotencyOwner("arn:aws:sts::123456789012:federated-user/:assumed-role/x/y"),
            "arn:aws:sts::123456789012:federated-user/:assumed-role/x/y");
}

}  // namespace
}  // namespace users::domain
