#pragma once

#include <optional>
#include <string_view>

#include "aws/sigv4.h"

namespace users::aws {

// The keys of a profile in the text of a shared credentials file ("[profile]", "name = value", `#`
// and `;` begin comments); nothing if there is no such profile or its keys are not both there. Of
// repeated names the last counts.
std::optional<Credentials> FindProfile(std::string_view text, std::string_view profile);

}  // namespace users::aws
