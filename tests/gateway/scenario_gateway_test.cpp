// Every scenario through a gateway that test_end_to_end.py has started. USERS_GATEWAY and
// USERS_GATEWAY_CONTROL contain its ports. A request to the latter empties the tables.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "scenarios/on_aws.h"
#include "scenarios/scenario.h"

namespace users::testing {
namespace {

unsigned short PortIn(const char* variable) {
  const char* text = std::getenv(variable);
  return text == nullptr ? 0 : static_cast<unsigned short>(std::stoi(text));
}

class OverGateway final : public ScenarioTarget {
 public:
  OverGateway() {
    const HttpReply emptied = SendOverHttp(
        PortIn("USERS_GATEWAY_CONTROL"), "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(emptied.status, 200);
  }

  HttpReply Send(const HttpCall& call, const aws::Credentials& credentials) override {
    return SendOverHttp(PortIn("USERS_GATEWAY"),
                        SignedRequest(call, credentials, SystemClock().Now()));
  }
  bool Advance(std::chrono::seconds) override { return false; }
};

class GatewayScenarioTest : public ::testing::TestWithParam<Scenario> {};

TEST_P(GatewayScenarioTest, BehavesAsOnUsersd) {
  OverGateway target;
  RunScenario(BehindTheGateway(GetParam()), target);
}

INSTANTIATE_TEST_SUITE_P(All, GatewayScenarioTest, ::testing::ValuesIn(LoadScenariosForAws()),
                         [](const auto& tested) { return TestNameOf(tested.param); });

}  // namespace
}  // namespace users::testing
