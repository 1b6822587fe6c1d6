#include "engines/dynamodb_tables.h"

#include <gtest/gtest.h>

#include <map>

#include "support/fake_environment.h"
#include "support/run_task.h"

namespace users::testing {
namespace {

constexpr std::chrono::seconds kPatience{60};

}  // namespace

EngineProcess& SharedEngine(const std::string& engine) {
  static std::map<std::string, std::unique_ptr<EngineProcess>> running;
  auto& process = running[engine];
  if (process == nullptr) process = std::make_unique<EngineProcess>(engine);
  EXPECT_TRUE(process->is_ready()) << engine << ": run scripts/install-engines";
  return *process;
}

aws::Credentials EngineCredentials() {
  aws::Credentials credentials;
  credentials.access_key_id = "AKIDFORTESTS";
  credentials.secret_access_key = "secret-of-the-tests";
  credentials.session_token = "session-token-of-the-tests";
  return credentials;
}

DynamoDbTables::DynamoDbTables(const std::string& url, const DynamoDbTablesOptions& options) {
  static int made = 0;
  const std::string number = std::to_string(++made);
  options_.tables.users = "users-" + number;
  options_.tables.idempotency = "idempotency-" + number;
  options_.endpoint = url;
  options_.http.read_time = options.read_time;
  options_.retries = options.retries;
  const aws::Credentials credentials = EngineCredentials();
  const auto environment =
      FakeEnvironment({{"AWS_ACCESS_KEY_ID", credentials.access_key_id},
                       {"AWS_SECRET_ACCESS_KEY", credentials.secret_access_key},
                       {"AWS_SESSION_TOKEN", credentials.session_token}});
  auto store = storage::dynamodb::DynamoDbStore::Open(options_, environment, clock_, log_);
  EXPECT_TRUE(store.ok());
  store_ = std::move(*store);
  const auto created = RunTask(store_->CreateTables("ttl", DeadlineIn(kPatience)));
  EXPECT_TRUE(created.ok()) << created.error().message << logged();
}

}  // namespace users::testing
