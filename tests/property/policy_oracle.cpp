#include "property/policy_oracle.h"

#include <algorithm>

#include "base/json/json.h"
#include "base/text/text.h"
#include "property/property.h"

namespace users::testing {
namespace {

// The characters of a text, which has only ASCII and two-byte characters.
std::vector<std::string> CharactersOf(std::string_view text) {
  std::vector<std::string> characters;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t size = (static_cast<unsigned char>(text[i]) & 0xE0) == 0xC0 ? 2 : 1;
    characters.emplace_back(text.substr(i, size));
    i += size;
  }
  return characters;
}

// `reached[t]` means: the pattern so far matches the first t characters of the text.
bool NaivelyMatches(std::string_view pattern, std::string_view text) {
  const auto characters = CharactersOf(text);
  std::vector<bool> reached(characters.size() + 1, false);
  reached[0] = true;
  for (const std::string& symbol : CharactersOf(pattern)) {
    std::vector<bool> next(reached.size(), false);
    for (std::size_t t = 0; t < reached.size(); ++t) {
      if (!reached[t]) continue;
      if (symbol == "*") {
        std::fill(next.begin() + static_cast<std::ptrdiff_t>(t), next.end(), true);
      } else if (t < characters.size() && (symbol == "?" || symbol == characters[t])) {
        next[t + 1] = true;
      }
    }
    reached = next;
  }
  return reached.back();
}

// A pattern close to this text: with some wildcards, or with a few characters changed.
std::string PatternNear(std::string text) {
  for (int changes = *rc::gen::inRange(0, 3); changes > 0; --changes) {
    if (text.empty()) break;
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    const auto size = *rc::gen::inRange<std::size_t>(1, text.size() - at + 1);
    switch (*rc::gen::inRange(0, 6)) {
      case 0:
        text.replace(at, 1, "?");
        break;
      case 1:
        text.insert(at, OneIn(2) ? "*" : "?");
        break;
      case 2:
        text.replace(at, 1, "x");
        break;
      default:
        text.replace(at, size, "*");
    }
  }
  return text.empty() ? "*" : text;
}

}  // namespace

bool NaivelyAllows(const Policy& policy, std::string_view action, std::string_view resource) {
  const auto speaks = [&](const Statement& statement) {
    return std::any_of(statement.actions.begin(), statement.actions.end(),
                       [&](const std::string& pattern) {
                         return NaivelyMatches(LowerAscii(pattern), LowerAscii(action));
                       }) &&
           std::any_of(
               statement.resources.begin(), statement.resources.end(),
               [&](const std::string& pattern) { return NaivelyMatches(pattern, resource); });
  };
  const auto any = [&](bool allows) {
    return std::any_of(policy.begin(), policy.end(), [&](const Statement& statement) {
      return statement.allows == allows && speaks(statement);
    });
  };
  return any(true) && !any(false);
}

std::string JsonOf(const Policy& policy) {
  std::string text = R"({"Version":"2012-10-17","Statement":[)";
  for (const Statement& statement : policy) {
    if (!text.ends_with('[')) text += ',';
    text += statement.allows ? R"({"Effect":"Allow","Action":)" : R"({"Effect":"Deny","Action":)";
    json::AppendStringArray(text, statement.actions);
    text += R"(,"Resource":)";
    json::AppendStringArray(text, statement.resources);
    text += '}';
  }
  return text + "]}";
}

Policy AnyPolicy(const std::vector<std::string>& resources) {
  Policy policy(*rc::gen::inRange<std::size_t>(1, 4));
  for (Statement& statement : policy) {
    statement.allows = !OneIn(3);
    for (int i = *rc::gen::inRange(1, 3); i > 0; --i) {
      statement.actions.push_back(OneIn(4) ? PatternNear("execute-api:Invoke")
                                           : std::string("Execute-api:Invoke"));
    }
    for (int i = *rc::gen::inRange(1, 4); i > 0; --i) {
      statement.resources.push_back(PatternNear(OneOf(resources)));
    }
  }
  return policy;
}

}  // namespace users::testing
