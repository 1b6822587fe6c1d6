#include "server/configuration_history.h"

#include <gtest/gtest.h>

#include <string>

#include "base/files.h"
#include "base/json/json.h"
#include "base/sha256.h"
#include "support/memory_sink.h"
#include "support/run_task.h"
#include "support/temporary_directory.h"

namespace users::server {
namespace {

constexpr std::string_view kFile = R"({"version": 1, "principals": [
  {"arn": "arn:aws:iam::123456789012:user/b,c", "policy": {"Version": "2012-10-17",
     "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}},
   "accessKeys": [
     {"accessKeyId": "AKIAOFB0000000000002", "secretAccessKey": "a-secret-of-the-key-2",
      "sessionToken": "a-token-of-the-key-2", "status": "Inactive"},
     {"accessKeyId": "AKIAOFB0000000000001", "secretAccessKey": "a-secret-of-the-key-1",
      "expiresAt": "2030-01-01T01:00:00+01:00"}]},
  {"arn": "arn:aws:iam::123456789012:user/a", "accessKeys": [],
   "policy": {"Statement": {"Resource": "*", "Effect": "Allow", "Action": "*"}, "Version": "2012-10-17"}}]})";

domain::SubjectState StateOfFile(std::string_view text) {
  const auto principals = Principals::Parse(text);
  EXPECT_TRUE(principals.ok());
  return principals.ok() ? StateOf(**principals) : domain::SubjectState();
}

TEST(StateOfPrincipals, HasKeysAndAHashOfThePolicy) {
  const std::string hash =
      ToHex(Sha256(R"({"Statement":{"Action":"*","Effect":"Allow","Resource":"*"},)"
                   R"("Version":"2012-10-17"})"));
  const std::string policy = R"(,"policySha256":")" + hash + "\"}";
  EXPECT_EQ(
      StateOfFile(kFile),
      (domain::SubjectState{{"arn:aws:iam::123456789012:user/a", R"({"accessKeys":[])" + policy},
                            {"arn:aws:iam::123456789012:user/b,c",
                             R"({"accessKeys":[{"accessKeyId":"AKIAOFB0000000000001",)"
                             R"("expiresAt":"2030-01-01T00:00:00.000Z","status":"Active"},)"
                             R"({"accessKeyId":"AKIAOFB0000000000002","status":"Inactive"}])" +
                                 policy}}));
}

TEST(StateOfPrincipals, HasNoSecret) {
  for (const auto& [arn, value] : StateOfFile(kFile)) {
    EXPECT_EQ(value.find("secret"), std::string::npos) << value;
    EXPECT_EQ(value.find("token"), std::string::npos) << value;
  }
}

TEST(StateOfPrincipals, IsInRfc8785Form) {
  for (const auto& [arn, value] : StateOfFile(kFile)) {
    EXPECT_EQ(json::Canonical(*json::ParseFile(value)), value);
  }
}

TEST(StateOfPrincipals, IsLimitedForAnyNumberOfKeys) {
  std::string keys;
  for (int i = 0; i < 5'000; ++i) {
    keys +=
        std::string(i > 0 ? "," : "") + R"({"accessKeyId":"AKIA)" + std::to_string(100'000 + i) +
        R"(0000000000","secretAccessKey":"a-secret-of-a-key","expiresAt":"9999-12-31T23:59:59.9999Z"})";
  }
  const auto state = StateOfFile(
      R"({"version":1,"principals":[{"arn":"arn:aws:iam::123456789012:user/a","accessKeys":[)" +
      keys +
      R"(],"policy":{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}}]})");
  ASSERT_EQ(state.size(), 1U);
  const std::string& value = state.begin()->second;
  EXPECT_TRUE(value.starts_with(R"({"accessKeys":{"count":5000,"sha256":")"))
      << value.substr(0, 99);
  EXPECT_LT(value.size(), 300U);
}

class NoStore final : public storage::TableStore {
 public:
  Task<Result<storage::TransactionResult>> TransactWrite(storage::Transaction, Deadline) override {
    co_return Error::Unavailable("down");
  }
  Task<Result<std::vector<std::optional<storage::Item>>>> Get(std::vector<storage::Key>,
                                                              Deadline) override {
    ++reads;
    co_return Error::Unavailable("down");
  }
  Task<Result<std::vector<std::optional<storage::Item>>>> GetEach(std::vector<storage::Key>,
                                                                  Deadline) override {
    co_return Error::Unavailable("down");
  }
  Task<Result<storage::Page>> Query(storage::QueryRange, Deadline) override {
    co_return Error::Unavailable("down");
  }

  int reads = 0;
};

TEST(ConfigurationHistory, TriesAgainWhileTheStoreIsUnavailable) {
  const users::testing::TemporaryDirectory directory;
  const std::string path = directory / "principals.json";
  ASSERT_TRUE(WriteFileAtomically(path, kFile, 0600).ok());
  const SystemClock clock;
  users::testing::MemorySink sink;
  const Log log(sink, clock, LogLevel::kWarning);
  const auto roles = RoleStore::Open("", log);
  const auto principals = PrincipalStore::Open(path, log);
  ASSERT_TRUE(roles.ok() && principals.ok());
  NoStore store;
  UlidGenerator ids(clock);
  service::UserService users(store, (*roles)->Current()->roles, ids, clock, log);
  ConfigurationHistory history(users, **roles, **principals, clock, log);
  for (int reads = 2; reads <= 4; reads += 2) {
    EXPECT_FALSE(users::testing::RunTask(history.Record(DeadlineIn(std::chrono::seconds(60)))));
    EXPECT_EQ(store.reads, reads);
  }
  for (const char* subject : {"catalogue", "principals"}) {
    EXPECT_NE(sink.text().find(R"("event":"history_not_recorded","subject":")" +
                               std::string(subject) + R"(","reason":"down")"),
              std::string::npos)
        << sink.text();
  }
}

}  // namespace
}  // namespace users::server
