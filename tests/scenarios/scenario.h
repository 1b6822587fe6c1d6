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
  std::string store;  // the only store that it applies to: "embedded" or "dynamodb"; empty: any
  boost::json::array steps;
};

// A name that is valid in GoogleTest, and the text that GoogleTest prints for a scenario.
std::string TestNameOf(const Scenario& scenario);
void PrintTo(const Scenario& scenario, std::ostream* out);

// The ways into the service, as far as they decide which scenarios apply.
enum class Way { kUsersdOnEmbeddedStore, kUsersdOnDynamoDb, kAws };

// Returns the scenarios of all tables that apply, in order: those for the way's store, and on AWS
// only those whose operations exist there.
std::vector<Scenario> LoadScenarios(Way way);

// Runs the steps and reports differences to GoogleTest. The scenario ends at a step that moves the
// clock if the target cannot do that.
void RunScenario(const Scenario& scenario, ScenarioTarget& target);

}  // namespace users::testing
