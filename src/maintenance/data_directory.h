#pragma once

#include <string>

#include "base/log.h"
#include "base/result.h"

namespace users::maintenance {

// Checks that only root and the user of this process can change the server's data: the data
// directory itself, the store's files and the event file (base/trusted_files.h). Creates the
// directory if it does not exist. The error's message names the file and the remedy.
Status CheckDataDirectory(const std::string& directory);

// Logs `file_readable_by_others` for each secret in the data directory that everybody can read and
// that the server does not read itself.
void WarnOfReadableSecrets(const std::string& directory, const Log& log);

}  // namespace users::maintenance
