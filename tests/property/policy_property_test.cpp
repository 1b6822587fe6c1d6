// Wildcards and policies on their own (aws/iam_policy.h), compared with an oracle.
#include <gtest/gtest.h>

#include "aws/iam_policy.h"
#include "base/json/json.h"
#include "property/policy_oracle.h"
#include "property/property.h"

namespace users::testing {
namespace {

// A small alphabet makes random texts hit every edge case.
PROPERTY(Policy, AgreesWithTheOracle, 500) {
  const auto text = [](const std::vector<std::string>& alphabet) {
    std::string made;
    for (int i = *rc::gen::inRange(1, 9); i > 0; --i) made += OneOf(alphabet);
    return made;
  };
  const std::vector<std::string> plain = {"a", "b", "/", ":", "\xC3\xA9"};
  const std::vector<std::string> wild = {"a", "b", "/", "*", "*", "?", "\xC3\xA9"};
  Policy policy(*rc::gen::inRange<std::size_t>(1, 4));
  for (Statement& statement : policy) {
    statement.allows = !OneIn(3);
    for (int i = *rc::gen::inRange(1, 3); i > 0; --i) statement.actions.push_back(text(wild));
    for (int i = *rc::gen::inRange(1, 3); i > 0; --i) statement.resources.push_back(text(wild));
  }
  json::FieldErrors errors;
  const auto parsed = json::Parse(JsonOf(policy));
  const auto read = aws::IamPolicy::Parse(parsed->value, "policy", errors);
  RC_ASSERT(read.has_value());
  for (int i = 0; i < 5; ++i) {
    const std::string action = text(plain);
    const std::string resource = text(plain);
    RC_ASSERT(read->Allows(action, resource) == NaivelyAllows(policy, action, resource));
  }
}

}  // namespace
}  // namespace users::testing
