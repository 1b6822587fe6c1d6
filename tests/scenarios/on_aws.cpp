#include "scenarios/on_aws.h"

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>

namespace users::testing {
namespace {

namespace bj = boost::json;

// A step whose response on AWS differs from the table: the scenario, the status of the steps that
// differ, and the sentence of the contract that says so. Each becomes a 401 of API Gateway.
struct Difference {
  std::string_view scenario;
  int status;
  std::string_view contract;
};

constexpr std::string_view kUnknown =
    "A request to an unknown path or method returns 401, because API Gateway does not distinguish "
    "it from an unsigned request";
constexpr std::string_view kOwnId =
    "When the gateway rejects a request, the response carries the gateway's request id";
constexpr std::string_view kPaths =
    "an unknown path returns 404 and an unknown method 405, before any signature is checked";
constexpr std::string_view kIds = "a valid correlation id of the caller is returned";

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

}  // namespace

Scenario AsOnAws(const Scenario& scenario) {
  Scenario changed = scenario;
  for (std::size_t i = 0; i < scenario.steps.size(); ++i) {
    bj::object& step = changed.steps[i].as_object();
    for (const Difference& difference : kDifferences) {
      if (!Applies(difference, scenario, scenario.steps[i])) continue;
      step["status"] = 401;
      step["expect"] = {
          {"code", "AUTHENTICATION_ERROR"}, {"message", "<any>"}, {"details", bj::object()}};
      step["expectHeaders"] = {{"X-Correlation-Id", "<uuid>"}, {"Allow", "<absent>"}};
    }
  }
  return changed;
}

std::vector<std::string> DifferencesWithoutAStep(const std::vector<Scenario>& scenarios) {
  std::vector<std::string> found;
  for (const Difference& difference : kDifferences) {
    int steps = 0;
    for (const Scenario& scenario : scenarios) {
      for (const bj::value& step : scenario.steps) {
        steps += Applies(difference, scenario, step) ? 1 : 0;
      }
    }
    if (steps > 0) continue;
    found.push_back(std::string(difference.scenario) + ": " + std::string(difference.contract));
  }
  return found;
}

Scenario BehindTheGateway(const Scenario& scenario) {
  // "On AWS, the gateway's own request validation may reject a request first. It then uses its own
  // text, in the same shape." That includes bodies whose content type is wrong as well.
  constexpr std::string_view kAlsoOfAnotherType = "a content type other than JSON returns 415";
  Scenario changed = AsOnAws(scenario);
  for (bj::value& value : changed.steps) {
    bj::object& step = value.as_object();
    if (scenario.name == kAlsoOfAnotherType && step.at("status") == 415) step["status"] = 400;
    const bool has_body = step.contains("body") || step.contains("raw");
    if (!has_body || step.at("status") != 400) continue;
    step["expect"] = {
        {"code", "VALIDATION_ERROR"}, {"message", "<any>"}, {"details", {{"errors", "<any>"}}}};
  }
  return changed;
}

}  // namespace users::testing
