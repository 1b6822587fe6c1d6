#pragma once

#include <string>
#include <string_view>
#include <vector>

// Policies evaluated in the most naive way, which is right if slow.
namespace users::testing {

struct Statement {
  bool allows = true;
  std::vector<std::string> actions;
  std::vector<std::string> resources;
};
using Policy = std::vector<Statement>;

bool NaivelyAllows(const Policy& policy, std::string_view action, std::string_view resource);

// As it stands in a file of principals.
std::string JsonOf(const Policy& policy);

// Drawn by RapidCheck; its statements are about these resources, or nearly so.
Policy AnyPolicy(const std::vector<std::string>& resources);

}  // namespace users::testing
