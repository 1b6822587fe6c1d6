#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace users::maintenance {

// Creates an administrator if the data directory has no principals yet: principals.json, which
// allows everything, and its key as `credentials` (an AWS shared credentials file, profile default)
// and `curlrc` (for curl -K), all with mode 0600. Returns whether it created them.
Result<bool> MakeAdministrator(const std::string& data_directory, std::string_view region);

}  // namespace users::maintenance
