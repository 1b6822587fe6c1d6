#include "aws/iam_policy.h"

#include <algorithm>

#include "base/text.h"
#include "base/wildcard.h"

namespace users::aws {
namespace {

// One text or a list of at least one.
std::vector<std::string> OneOrMore(json::ObjectReader& reader, std::string_view name,
                                   json::FieldErrors& errors) {
  std::vector<std::string> texts;
  const boost::json::value* value = reader.Find(name, json::Presence::kRequired);
  if (value == nullptr) return texts;
  const std::string path = reader.PathOf(name);
  if (const auto* text = value->if_string()) {
    texts.emplace_back(*text);
  } else if (const auto* array = value->if_array()) {
    texts = json::Strings(*array, path, errors);
    if (array->empty()) errors.Add(path, "must not be empty");
  } else {
    errors.Add(path, "must be a string or a list of strings");
  }
  if (std::find(texts.begin(), texts.end(), std::string()) != texts.end()) {
    errors.Add(path, "must not hold an empty string");
  }
  return texts;
}

bool AnyMatches(const std::vector<std::string>& patterns, std::string_view text) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return MatchesWildcard(pattern, text); });
}

}  // namespace

std::optional<IamPolicy> IamPolicy::Parse(const boost::json::value& document, std::string_view path,
                                          json::FieldErrors& errors) {
  const std::size_t errors_before = errors.list().size();
  json::ObjectReader reader(document, std::string(path), errors);
  const auto version = reader.String("Version", json::Presence::kRequired);
  if (version && *version != "2012-10-17") {
    errors.Add(reader.PathOf("Version"), "must be 2012-10-17");
  }
  reader.String("Id", json::Presence::kOptional);

  IamPolicy policy;
  const std::string statement_path = reader.PathOf("Statement");
  if (const auto* statement = reader.Find("Statement", json::Presence::kRequired)) {
    if (const auto* list = statement->if_array()) {
      if (list->empty()) errors.Add(statement_path, "must not be empty");
      for (std::size_t i = 0; i < list->size(); ++i) {
        policy.statements_.push_back(
            ParseStatement((*list)[i], json::ElementPath(statement_path, i), errors));
      }
    } else {
      policy.statements_.push_back(ParseStatement(*statement, statement_path, errors));
    }
  }
  reader.RefuseOthers();
  if (errors.list().size() != errors_before) return std::nullopt;
  return policy;
}

IamPolicy::Statement IamPolicy::ParseStatement(const boost::json::value& value,
                                               const std::string& path, json::FieldErrors& errors) {
  json::ObjectReader reader(value, path, errors);
  Statement statement;
  reader.String("Sid", json::Presence::kOptional);
  if (const auto effect = reader.String("Effect", json::Presence::kRequired)) {
    statement.allows = *effect == "Allow";
    if (!statement.allows && *effect != "Deny") {
      errors.Add(reader.PathOf("Effect"), "must be Allow or Deny");
    }
  }
  for (const std::string& action : OneOrMore(reader, "Action", errors)) {
    statement.actions.push_back(LowerAscii(action));
  }
  statement.resources = OneOrMore(reader, "Resource", errors);
  reader.RefuseOthers();
  return statement;
}

bool IamPolicy::Allows(std::string_view action, std::string_view resource) const {
  bool allowed = false;
  for (const Statement& statement : statements_) {
    if (statement.allows && allowed) continue;
    // Resources first: there is one action, so nearly all statements name it.
    if (!AnyMatches(statement.resources, resource) || !AnyMatches(statement.actions, action)) {
      continue;
    }
    if (!statement.allows) return false;
    allowed = true;
  }
  return allowed;
}

}  // namespace users::aws
