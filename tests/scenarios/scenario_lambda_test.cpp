// Every scenario by the real functions of AWS Lambda: on DynamoDB Local; and on dynoxide behind a
// line on which a call of each event fails, in every way in turn.
#include <gtest/gtest.h>

#include <array>

#include "engines/dynamodb_tables.h"
#include "engines/fault_proxy.h"
#include "scenarios/over_lambda.h"

namespace users::testing {
namespace {

namespace bj = boost::json;

// Where AWS answers otherwise than a table says: the scenario, the status of the steps that differ,
// and the contract's sentence for it. Each becomes a 401 that API Gateway gives.
struct Difference {
  std::string_view scenario;
  int status;
  std::string_view contract;
};

constexpr std::string_view kUnknown =
    "On AWS a request to an unknown path or method is a 401, because API Gateway does not tell it "
    "from an unsigned one";
constexpr std::string_view kOwnId =
    "what the gateway refuses carries the gateway's request id as X-Correlation-Id";
constexpr std::string_view kPaths =
    "a path that is none is 404, a method that is none 405, before any signature is looked at";
constexpr std::string_view kIds = "the caller's correlation id comes back if it is one";

constexpr std::array<Difference, 4> kDifferences = {{
    {kPaths, 404, kUnknown},
    {kPaths, 405, kUnknown},
    {kIds, 404, kUnknown},
    {kIds, 401, kOwnId},
}};

bool Applies(const Difference& difference, const Scenario& scenario, const bj::value& step) {
  const auto* status = step.as_object().if_contains("status");
  return difference.scenario == scenario.name && status != nullptr && *status == difference.status;
}

Scenario AsOnAws(const Scenario& scenario) {
  Scenario changed = scenario;
  for (std::size_t i = 0; i < scenario.steps.size(); ++i) {
    bj::object& step = changed.steps[i].as_object();
    for (const Difference& difference : kDifferences) {
      if (!Applies(difference, scenario, scenario.steps[i])) continue;
      step["status"] = 401;
      step["expect"] = {
          {"code", "AUTHENTICATION_ERROR"}, {"message", "<any>"}, {"details", bj::object()}};
      step["expectHeaders"] = {{"X-Correlation-Id", "<ulid>"}, {"Allow", "<absent>"}};
    }
  }
  return changed;
}

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
  for (const Difference& difference : kDifferences) {
    int steps = 0;
    for (const Scenario& scenario : LoadScenarios()) {
      for (const bj::value& step : scenario.steps) {
        steps += Applies(difference, scenario, step) ? 1 : 0;
      }
    }
    EXPECT_GT(steps, 0) << difference.scenario << ": " << difference.contract;
  }
}

}  // namespace
}  // namespace users::testing
