#pragma once

#include <string>
#include <string_view>
#include <vector>

// An oracle that evaluates policies naively: obviously right, but slow.
namespace users::testing {

// One statement of a policy.
struct Statement {
  bool allows = true;
  std::vector<std::string> actions;
  std::vector<std::string> resources;
};
using Policy = std::vector<Statement>;

// Returns whether the policy allows the action on the resource.
bool NaivelyAllows(const Policy& policy, std::string_view action, std::string_view resource);

// Returns the policy as a principals file contains it.
std::string JsonOf(const Policy& policy);

// Draws a policy from RapidCheck, with statements about these resources or similar ones.
Policy AnyPolicy(const std::vector<std::string>& resources);

}  // namespace users::testing
