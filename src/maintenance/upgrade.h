#pragma once

#include "base/async/task.h"
#include "base/log.h"
#include "storage/local/local_store.h"

namespace users::maintenance {

// Upgrades the content of a store of an earlier format while a server uses it, and then records the
// new format. The log has the progress and the result. Returns whether the store has been upgraded;
// if not, call it again: it passes over the users that are done. Both must outlive the call.
Task<bool> UpgradeStore(storage::local::LocalStore& store, const Log& log);

}  // namespace users::maintenance
