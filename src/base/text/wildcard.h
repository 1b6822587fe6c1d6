#pragma once

#include <string_view>

namespace users {

// Matches a pattern as IAM does: `*` matches any run of characters, including `/` and `:`, and `?`
// matches any one character (one code point). The worst case takes time proportional to the product
// of the lengths. Thread-safe.
bool MatchesWildcard(std::string_view pattern, std::string_view text);

}  // namespace users
