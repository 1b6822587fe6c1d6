// Every scenario on the DynamoDB store: in process on dynoxide, which never removes expired items
// so that the clock can be moved, and with the real program on DynamoDB Local.
#include <gtest/gtest.h>

#include <cstdlib>

#include "engines/dynamodb_tables.h"
#include "scenarios/in_process.h"
#include "scenarios/over_http.h"

namespace users::testing {
namespace {

class DynoxideHolder final : public HeldStore {
 public:
  DynoxideHolder() : tables_(SharedEngine("dynoxide")) {}
  storage::TableStore& store() override { return tables_.store(); }

 private:
  DynamoDbTables tables_;
};

std::string NextTable(const std::string& kind) {
  static int tables = 0;
  return "scenario-" + kind + "-" + std::to_string(++tables);
}

class DynamoDbScenarioTest : public ::testing::TestWithParam<Scenario> {
 protected:
  static void SetUpTestSuite() {
    ::setenv("AWS_ACCESS_KEY_ID", EngineCredentials().access_key_id.c_str(), 1);
    ::setenv("AWS_SECRET_ACCESS_KEY", EngineCredentials().secret_access_key.c_str(), 1);
  }
};

TEST_P(DynamoDbScenarioTest, InProcessOnDynoxide) {
  InProcess target([](const Clock&, const Log&) { return std::make_unique<DynoxideHolder>(); },
                   /*list_shards=*/3);
  RunScenario(GetParam(), target);
}

TEST_P(DynamoDbScenarioTest, OverHttpOnDynamoDbLocal) {
  OverHttp target({"--store", "dynamodb", "--dynamodb-endpoint",
                   SharedEngine("dynamodb-local").url(), "--users-table", NextTable("users"),
                   "--idempotency-table", NextTable("idempotency"), "--create-tables"});
  RunScenario(GetParam(), target);
}

INSTANTIATE_TEST_SUITE_P(All, DynamoDbScenarioTest,
                         ::testing::ValuesIn(LoadScenarios(Way::kDynamoDb)),
                         [](const auto& tested) { return TestNameOf(tested.param); });

}  // namespace
}  // namespace users::testing
