#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace users::maintenance {

// Makes an administrator if the data directory has no principals yet: principals.json, which may do
// everything, and the key to it as `credentials` (AWS shared credentials file, profile default) and
// `curlrc` (for curl -K), all of mode 0600. True if it made them.
Result<bool> MakeAdministrator(const std::string& data_directory, std::string_view region);

}  // namespace users::maintenance
