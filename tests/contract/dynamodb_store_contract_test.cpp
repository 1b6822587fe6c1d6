// The storage contract on engines that speak DynamoDB's protocol.
#include "contract/table_store_contract.h"
#include "engines/dynamodb_tables.h"

namespace users::testing {
namespace {

// All tests of a program share one engine. Each test has its own tables.
class DynamoDbHolder final : public StoreHolder {
 public:
  explicit DynamoDbHolder(const std::string& engine) : tables_(SharedEngine(engine)) {}
  storage::TableStore& store() override { return tables_.store(); }
  storage::TableScan& scan() override { return tables_.store(); }

 private:
  DynamoDbTables tables_;
};

StoreUnderTest On(const std::string& engine, const std::string& name) {
  StoreUnderTest tested;
  tested.name = name;
  tested.make = [engine] { return std::make_unique<DynamoDbHolder>(engine); };
  tested.increments = 20;
  return tested;
}

INSTANTIATE_TEST_SUITE_P(DynamoDb, TableStoreContract,
                         ::testing::Values(On("dynamodb-local", "DynamoDbLocal"),
                                           On("dynoxide", "Dynoxide")),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace users::testing
