#pragma once

#include <memory>
#include <string>

#include "audit/relay.h"
#include "base/result.h"

namespace users::audit {

// Appends events to a file as JSON lines (mode 0600) and syncs it. A line that a crash or a full
// disk tore is cut off before the next one is written, so every line of the file is a whole event.
// If the file is renamed or removed, the next event begins a new one. Only a trusted regular file
// is written to (base/trusted_files.h), never what a symlink leads to.
Result<std::unique_ptr<EventTarget>> OpenFileTarget(const std::string& path);

}  // namespace users::audit
