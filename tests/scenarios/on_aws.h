#pragma once

#include <string>
#include <vector>

#include "scenarios/scenario.h"

// What scenarios look like on AWS, where the contract says that API Gateway answers first.
namespace users::testing {

// With a gateway that answers 401 where it knows no path, and names requests itself.
Scenario AsOnAws(const Scenario& scenario);

// With its validation of bodies too, which has texts of its own.
Scenario BehindTheGateway(const Scenario& scenario);

// What is said to differ and stands in none of these scenarios: a table that has grown stale.
std::vector<std::string> DifferencesWithoutAStep(const std::vector<Scenario>& scenarios);

}  // namespace users::testing
