#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_reader.h"

namespace users::aws {

// An IAM policy document (version 2012-10-17) of the parts that the contract admits: Allow and
// Deny, Action and Resource with `*` and `?`. Immutable, so thread-safe.
class IamPolicy {
 public:
  // Whatever else a document may hold elsewhere (NotAction, Condition, ...) is an error here, never
  // ignored. Errors are recorded under `path`.
  static std::optional<IamPolicy> Parse(const boost::json::value& document, std::string_view path,
                                        json::FieldErrors& errors);

  // Whether the action on the resource is allowed: a Deny wins, and what nothing allows is denied.
  // `action` is in lower case (actions match without regard to it), `resource` as it is.
  bool Allows(std::string_view action, std::string_view resource) const;

 private:
  // All patterns stand in one text, one after the other, so that judging a request reads memory
  // nearly from front to back: with many principals it is not in the processor's caches.
  struct Pattern {
    std::size_t begin, size;
  };
  struct Patterns {
    std::size_t begin = 0, end = 0;
  };
  struct Statement {
    bool allows = false;
    Patterns resources;
    Patterns actions;  // in lower case
  };
  void AddStatement(const boost::json::value& value, const std::string& path,
                    json::FieldErrors& errors);
  Patterns AddPatterns(const std::vector<std::string>& patterns);
  bool AnyMatches(Patterns patterns, std::string_view text) const;

  std::vector<Statement> statements_;
  std::vector<Pattern> patterns_;
  std::string text_;
};

}  // namespace users::aws
