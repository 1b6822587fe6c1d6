#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "engines/engine_process.h"
#include "storage/dynamodb/dynamodb_store.h"
#include "support/memory_sink.h"

namespace users::testing {

// Returns the engine with this name. It is started by the first call and stopped with the program.
EngineProcess& SharedEngine(const std::string& engine);

// Returns the credentials that test stores sign with. They include a session token.
aws::Credentials EngineCredentials();

// The options of a store for tests.
struct DynamoDbTablesOptions {
  std::chrono::milliseconds read_time = std::chrono::seconds(60);  // a slow machine is no fault
  aws::RetryRules retries;
};

// An empty pair of tables on an engine, and a store on them. Not thread-safe.
class DynamoDbTables {
 public:
  explicit DynamoDbTables(const EngineProcess& engine) : DynamoDbTables(engine.url()) {}
  // `url` is the engine's, or that of a proxy before it.
  explicit DynamoDbTables(const std::string& url, const DynamoDbTablesOptions& options = {});

  storage::dynamodb::DynamoDbStore& store() { return *store_; }
  const storage::dynamodb::TableNames& names() const { return options_.tables; }
  std::string logged() const { return sink_.text(); }

 private:
  SystemClock clock_;
  MemorySink sink_;
  Log log_{sink_, clock_, LogLevel::kInfo};
  storage::dynamodb::DynamoDbStoreOptions options_;
  std::unique_ptr<storage::dynamodb::DynamoDbStore> store_;
};

}  // namespace users::testing
