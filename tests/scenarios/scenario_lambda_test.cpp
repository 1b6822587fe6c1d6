// Every scenario by the real functions of AWS Lambda: on DynamoDB Local; and on dynoxide behind a
// line on which a call of each event fails, in every way in turn.
#include <gtest/gtest.h>

#include "engines/dynamodb_tables.h"
#include "engines/fault_proxy.h"
#include "scenarios/on_aws.h"
#include "scenarios/over_lambda.h"

namespace users::testing {
namespace {

// One fault at a time, so that no call fails more often than it is made again; each kind in turn.
class FaultInTurn {
 public:
  explicit FaultInTurn(FaultProxy& proxy) : proxy_(proxy) {}

  void operator()() {
    if (proxy_.faults() < asked_for_) return;  // the last one has not been met yet
    // A hang lasts longer than all scenarios together; tests/lambda has one.
    static int kind = 0;
    proxy_.FailNext(static_cast<Fault>(kind++ % static_cast<int>(Fault::kHang)));
    ++asked_for_;
  }

 private:
  FaultProxy& proxy_;
  int asked_for_ = 0;
};

// No address, name, key or signature of a scenario may stand there.
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

TEST_P(LambdaScenarioTest, OnABadLine) {
  FaultProxy proxy(SharedEngine("dynoxide").port());
  const DynamoDbTables tables(proxy.url());
  OverLambda target(proxy.url(), tables.names(), FaultInTurn(proxy));
  RunScenario(AsOnAws(GetParam()), target);
  for (const std::string& violation : proxy.violations()) ADD_FAILURE() << violation;
  ExpectNothingPersonal(target.output());
}

INSTANTIATE_TEST_SUITE_P(All, LambdaScenarioTest, ::testing::ValuesIn(LoadScenarios()),
                         [](const auto& tested) { return TestNameOf(tested.param); });

TEST(LambdaScenarios, EachDifferenceIsOneOfATable) {
  for (const std::string& difference : DifferencesWithoutAStep(LoadScenarios())) {
    ADD_FAILURE() << difference;
  }
}

}  // namespace
}  // namespace users::testing
