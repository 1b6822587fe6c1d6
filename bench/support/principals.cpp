#include "support/principals.h"

#include <array>
#include <cstdio>

namespace users::bench {
namespace {

constexpr std::uint64_t kStatements = 10;

std::string Digits(std::uint64_t number) {
  std::array<char, 24> text;
  std::snprintf(text.data(), text.size(), "%08llu", static_cast<unsigned long long>(number));
  return text.data();
}

// A statement such as organisations have. It is about a role that no request of a run removes.
std::string DenyStatement(std::uint64_t number) {
  return "{\"Effect\":\"Deny\",\"Action\":\"execute-api:Invoke\",\"Resource\":"
         "\"arn:aws:execute-api:*:*:*/*/DELETE/users/*/roles/role-" +
         std::to_string(number) + "\"}";
}

}  // namespace

std::string PrincipalArn(std::uint64_t number) {
  return "arn:aws:iam::123456789012:user/bench-" + Digits(number);
}

aws::Credentials CredentialsOf(std::uint64_t number) {
  aws::Credentials credentials;
  credentials.access_key_id = "AKIABENCH" + Digits(number);
  credentials.secret_access_key = "not-a-secret-but-long-enough-" + Digits(number);
  return credentials;
}

std::string PrincipalsFile(std::uint64_t count) {
  std::string file = "{\"version\":1,\"principals\":[";
  for (std::uint64_t i = 0; i < count; ++i) {
    const aws::Credentials credentials = CredentialsOf(i);
    if (i > 0) file += ',';
    file += "\n{\"arn\":\"" + PrincipalArn(i) + "\",\"accessKeys\":[{\"accessKeyId\":\"" +
            credentials.access_key_id + "\",\"secretAccessKey\":\"" +
            credentials.secret_access_key +
            "\"}],\"policy\":{\"Version\":\"2012-10-17\",\"Statement\":[";
    for (std::uint64_t s = 0; s + 1 < kStatements; ++s) file += DenyStatement(s) + ",";
    file +=
        "{\"Effect\":\"Allow\",\"Action\":\"execute-api:Invoke\",\"Resource\":"
        "\"arn:aws:execute-api:*:*:*/*/*\"}]}}";
  }
  return file + "\n]}\n";
}

}  // namespace users::bench
