#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace users::domain {

// The value of an If-Match header (RFC 9110, section 13.1.1): `*`, or a list of entity tags.
// Immutable, so thread-safe.
class IfMatch {
 public:
  // Parses a header value. The caller joins several header lines with commas. Returns nothing if
  // the syntax is wrong; an unquoted tag is a syntax error.
  static std::optional<IfMatch> Parse(std::string_view text);

  // Returns whether a user of this version may be changed. A weak tag never matches. `*` matches
  // every user that is live, which means not deleted.
  bool Admits(std::uint64_t version, bool live) const;

 private:
  bool any_ = false;
  std::vector<std::string> strong_tags_;
};

}  // namespace users::domain
