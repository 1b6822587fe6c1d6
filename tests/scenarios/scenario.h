#pragma once

#include <boost/json/value.hpp>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "support/signed_request.h"

// Scenario tables (tables/*.json): what callers send and what they must get, run against every way
// into the service, which must answer alike. The format is described in tables/README.md.
namespace users::testing {

// A way into an empty service.
class ScenarioTarget {
 public:
  virtual ~ScenarioTarget() = default;
  virtual HttpReply Send(const HttpCall& call, const aws::Credentials& credentials) = 0;
  // Whether time can be moved here, and does it.
  virtual bool Advance(std::chrono::seconds by) = 0;
};

struct ScenarioFiles {
  std::string principals;  // the principals that `as` names, as a file
  std::string roles;       // the catalogue that scenarios assume, as a file
};
ScenarioFiles FilesForScenarios();

struct Scenario {
  std::string table;  // the file's name without its ending
  std::string name;
  boost::json::array steps;
};

// A name that GoogleTest takes, and how it shows a scenario.
std::string TestNameOf(const Scenario& scenario);
void PrintTo(const Scenario& scenario, std::ostream* out);

// All scenarios of all tables, in order.
std::vector<Scenario> LoadScenarios();

// Runs the steps and reports what differs to GoogleTest. Steps that need a clock which the target
// does not have end the scenario there.
void RunScenario(const Scenario& scenario, ScenarioTarget& target);

}  // namespace users::testing
