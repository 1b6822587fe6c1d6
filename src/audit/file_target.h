#pragma once

#include <memory>
#include <string>

#include "audit/relay.h"
#include "base/result.h"

namespace users::audit {

// Returns a target that appends events to a file as JSON lines (mode 0600) and syncs it. A line
// that was torn by a crash or a full disk is cut off before the next one is written, so every line
// of the file is a whole event. If the file is renamed or removed, the next event starts a new one.
// Only a trusted regular file is written to (base/trusted_files.h), never the target of a symlink.
Result<std::unique_ptr<EventTarget>> OpenFileTarget(const std::string& path);

}  // namespace users::audit
