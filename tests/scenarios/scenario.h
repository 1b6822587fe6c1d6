#pragma once

#include <boost/json/value.hpp>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "support/signed_request.h"

// Scenario tables (tables/*.json): requests and their expected responses. They run against every
// way into the service, and all of these must respond alike. tables/README.md describes the format.
namespace users::testing {

// One way into an empty service.
class ScenarioTarget {
 public:
  virtual ~ScenarioTarget() = default;
  virtual HttpReply Send(const HttpCall& call, const aws::Credentials& credentials) = 0;
  // Sends a request, signed with the credentials (unsigned if they are empty).
  // Moves the clock. Returns false if this target cannot do that.
  virtual bool Advance(std::chrono::seconds by) = 0;
};

// The files that all scenarios use.
struct ScenarioFiles {
  std::string principals;  // the principals that `as` names
  std::string roles;       // the role catalogue that scenarios assume
};
ScenarioFiles FilesForScenarios();

// One scenario of a table.
struct Scenario {
  std::string table;  // the file's name without its extension
  std::string name;
  std::string store;  // the only store that it is for: "embedded" or "dynamodb"; empty: every store
  boost::json::array steps;
};

// A name that is valid in GoogleTest, and the text that GoogleTest prints for a scenario.
std::string TestNameOf(const Scenario& scenario);
void PrintTo(const Scenario& scenario, std::ostream* out);

// The ways into the service: usersd on either store, and the functions of AWS.
enum class Way { kEmbedded, kDynamoDb, kFunctions };

// Returns the scenarios of all tables that are for this way, in order. A scenario with a step whose
// operation only the server offers is not for the functions.
std::vector<Scenario> LoadScenarios(Way way);

// Runs the steps and reports differences to GoogleTest. The scenario ends at a step that moves the
// clock if the target cannot do that.
void RunScenario(const Scenario& scenario, ScenarioTarget& target);

}  // namespace users::testing
