#pragma once

#include <string>
#include <vector>

#include "scenarios/scenario.h"

// Scenarios as AWS runs them, where the contract says that API Gateway responds first.
namespace users::testing {

// Adapts a scenario to a gateway that responds 401 to unknown paths and assigns request ids itself.
Scenario AsOnAws(const Scenario& scenario);

// Also adapts it to the gateway's validation of bodies, which has its own texts.
Scenario BehindTheGateway(const Scenario& scenario);

// Returns the differences that apply to no step of these scenarios, because the table is outdated.
std::vector<std::string> DifferencesWithoutAStep(const std::vector<Scenario>& scenarios);

}  // namespace users::testing
