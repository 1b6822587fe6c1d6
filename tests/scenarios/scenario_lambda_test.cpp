// Every scenario with the real functions of AWS Lambda: on DynamoDB Local, and on dynoxide with a
// connection on which one call of each event fails, with each fault in turn.
#include <gtest/gtest.h>

#include "engines/dynamodb_tables.h"
#include "engines/fault_proxy.h"
#include "scenarios/on_aws.h"
#include "scenarios/over_lambda.h"

namespace users::testing {
namespace {

// One fault at a time, so that no call fails more often than it is retried.
class FaultInTurn {
 public:
  explicit FaultInTurn(FaultProxy& proxy) : proxy_(proxy) {}

  void operator()() {
    if (proxy_.faults() < asked_for_) return;  // the last fault has not occurred yet
    // A hang lasts longer than all scenarios together. tests/lambda covers one.
    static int kind = 0;
    proxy_.FailNext(static_cast<Fault>(kind++ % static_cast<int>(Fault::kHang)));
    ++asked_for_;
  }

 private:
  FaultProxy& proxy_;
  int asked_for_ = 0;
};

// The output must not contain an address, a name, a key or a signature of a scenario.
void ExpectNothingPersonal(const std::string& output) {
  for (const char* secret : {"@x.org", "secret-of", "token-of", "Signature", "ERROR: "}) {
    EXPECT_EQ(output.find(secret), std::string::npos) << output;
  }
}

class LambdaScenarioTest : public ::testing::TestWithParam<Scenario> {};

TEST_P(LambdaScenarioTest, OnDynamoDbLocal) {
  const EngineProcess& engine = SharedEngine("dynamodb-local");
  const DynamoDbTables tables(engine);
  OverLambda target(engine.url(), tables.names());
  RunScenario(AsOnAws(GetParam()), target);
  ExpectNothingPersonal(target.output());
}

TEST_P(LambdaScenarioTest, OnDynoxideWithFaults) {
  FaultProxy proxy(SharedEngine("dynoxide").port());
  const DynamoDbTables tables(proxy.url());
  OverLambda target(proxy.url(), tables.names(), FaultInTurn(proxy));
  RunScenario(AsOnAws(GetParam()), target);
  for (const std::string& violation : proxy.violations()) ADD_FAILURE() << violation;
  ExpectNothingPersonal(target.output());
}

INSTANTIATE_TEST_SUITE_P(All, LambdaScenarioTest, ::testing::ValuesIn(LoadScenariosForAws()),
                         [](const auto& tested) { return TestNameOf(tested.param); });

TEST(LambdaScenarios, HaveNoUnusedDifferences) {
  for (const std::string& difference : DifferencesWithoutAStep(LoadScenarios())) {
    ADD_FAILURE() << difference;
  }
}

}  // namespace
}  // namespace users::testing
