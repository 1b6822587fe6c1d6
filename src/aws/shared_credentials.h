#pragma once

#include <optional>
#include <string_view>

#include "aws/sigv4.h"

namespace users::aws {

// Finds the keys of a profile in the text of a shared credentials file ("[profile]", "name =
// value", comments after `#` and `;`). Returns nothing if the profile is missing or lacks one of
// the two keys. If a name is repeated, the last one counts. Thread-safe.
std::optional<Credentials> FindProfile(std::string_view text, std::string_view profile);

}  // namespace users::aws
