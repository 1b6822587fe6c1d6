#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json/json_reader.h"

namespace users::aws {

// An IAM policy document (version 2012-10-17), limited to the parts that the contract allows: Allow
// and Deny, Action and Resource with `*` and `?`. Immutable, so thread-safe.
class IamPolicy {
 public:
  // Parses a document. Every other element of IAM's (NotAction, Condition, ...) is an error and is
  // never ignored. Returns nothing after recording the errors under `path`.
  static std::optional<IamPolicy> Parse(const boost::json::value& document, std::string_view path,
                                        json::FieldErrors& errors);

  // Returns whether the action on the resource is allowed. A Deny overrides every Allow, and an
  // action that nothing allows is denied. `action` must be in lower case, because actions match
  // without regard to case. `resource` is matched as it is.
  bool Allows(std::string_view action, std::string_view resource) const;

 private:
  // All patterns are concatenated in one text, so that an evaluation reads memory nearly
  // sequentially. With many principals the patterns do not fit into the processor's caches.
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
