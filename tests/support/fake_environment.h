#pragma once

#include <map>
#include <string>

#include "aws/environment.h"

namespace users::testing {

// Returns an environment with exactly these variables.
inline aws::Environment FakeEnvironment(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(std::string(name));
    if (found == variables.end() || found->second.empty()) return std::nullopt;
    return found->second;
  };
}

}  // namespace users::testing
