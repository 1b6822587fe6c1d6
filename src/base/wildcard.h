#pragma once

#include <string_view>

namespace users {

// Matches as IAM patterns do: `*` is any run of characters, `/` and `:` included, `?` any one
// character (one code point). Takes time in proportion to the product of the lengths at worst.
bool MatchesWildcard(std::string_view pattern, std::string_view text);

}  // namespace users
