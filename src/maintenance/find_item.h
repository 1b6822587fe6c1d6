#pragma once

#include <optional>
#include <utility>

#include "base/async/run_task.h"
#include "base/result.h"
#include "storage/table_store.h"

namespace users::maintenance {

// Reads one item and waits for it; for tools that have no deadline. Returns nothing if the item
// does not exist. Fails with the store's error.
inline Result<std::optional<storage::Item>> FindItem(storage::TableStore& store, storage::Key key) {
  return RunTask(storage::GetOne(store, std::move(key), Deadline::max()));
}

}  // namespace users::maintenance
