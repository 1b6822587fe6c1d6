#include "aws/iam_policy.h"

#include <algorithm>

#include "base/text/text.h"
#include "base/text/wildcard.h"

namespace users::aws {
namespace {

// Reads one text or a list of at least one text.
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
    errors.Add(path, "must not contain an empty string");
  }
  return texts;
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
        policy.AddStatement((*list)[i], json::ElementPath(statement_path, i), errors);
      }
    } else {
      policy.AddStatement(*statement, statement_path, errors);
    }
  }
  reader.RejectOthers();
  if (errors.list().size() != errors_before) return std::nullopt;
  return policy;
}

void IamPolicy::AddStatement(const boost::json::value& value, const std::string& path,
                             json::FieldErrors& errors) {
  json::ObjectReader reader(value, path, errors);
  Statement statement;
  reader.String("Sid", json::Presence::kOptional);
  if (const auto effect = reader.String("Effect", json::Presence::kRequired)) {
    statement.allows = *effect == "Allow";
    if (!statement.allows && *effect != "Deny") {
      errors.Add(reader.PathOf("Effect"), "must be Allow or Deny");
    }
  }
  std::vector<std::string> actions;
  for (const std::string& action : OneOrMore(reader, "Action", errors)) {
    actions.push_back(LowerAscii(action));
  }
  statement.resources = AddPatterns(OneOrMore(reader, "Resource", errors));
  statement.actions = AddPatterns(actions);
  reader.RejectOthers();
  statements_.push_back(statement);
}

IamPolicy::Patterns IamPolicy::AddPatterns(const std::vector<std::string>& patterns) {
  Patterns added;
  added.begin = patterns_.size();
  for (const std::string& pattern : patterns) {
    patterns_.push_back(Pattern{text_.size(), pattern.size()});
    text_ += pattern;
  }
  added.end = patterns_.size();
  return added;
}

bool IamPolicy::AnyMatches(Patterns patterns, std::string_view text) const {
  const std::string_view all = text_;
  for (std::size_t i = patterns.begin; i < patterns.end; ++i) {
    const auto [begin, size] = patterns_[i];
    if (MatchesWildcard(all.substr(begin, size), text)) return true;
  }
  return false;
}

bool IamPolicy::Allows(std::string_view action, std::string_view resource) const {
  bool allowed = false;
  for (const Statement& statement : statements_) {
    if (statement.allows && allowed) continue;
    // Check resources first: there is one action, so nearly all statements match it.
    if (!AnyMatches(statement.resources, resource) || !AnyMatches(statement.actions, action)) {
      continue;
    }
    if (!statement.allows) return false;
    allowed = true;
  }
  return allowed;
}

}  // namespace users::aws
