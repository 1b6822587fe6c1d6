#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "base/async/run_task.h"
#include "base/result.h"
#include "storage/table_store.h"

namespace users::wiring {

// Reads one item and waits for it; for tools that have no deadline. Returns nothing if the item
// does not exist. Fails with the store's error.
inline Result<std::optional<storage::Item>> FindItem(storage::TableStore& store, storage::Key key) {
  std::vector<storage::Key> keys;
  keys.push_back(std::move(key));
  auto items = RunTask(store.Get(std::move(keys), Deadline::max()));
  if (!items.ok()) return std::move(items.error());
  return std::move(items->front());
}

}  // namespace users::wiring
