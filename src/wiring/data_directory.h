#pragma once

#include <string>

#include "base/log.h"
#include "base/result.h"

namespace users::wiring {

// Checks that nobody but root and the user of this process can have changed what the server keeps
// in its data directory: the directory itself, the store's files and the event file
// (base/trusted_files.h). Makes the directory if there is none. The error's message names the file
// and what to do.
Status CheckDataDirectory(const std::string& directory);

// Logs `file_readable_by_others` for each secret of the data directory that everybody can read and
// that the server does not read itself.
void WarnOfReadableSecrets(const std::string& directory, const Log& log);

}  // namespace users::wiring
