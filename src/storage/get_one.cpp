#include "storage/table_store.h"

// In a file of its own, because the fuzz targets compile table_store.cpp, and clang 14 cannot compile
// instrumented coroutines.
namespace users::storage {

Task<Result<std::optional<Item>>> GetOne(TableStore& store, Key key, Deadline deadline) {
  std::vector<Key> keys;
  keys.push_back(std::move(key));
  auto items = co_await store.Get(std::move(keys), deadline);
  if (!items.ok()) co_return std::move(items.error());
  co_return std::move(items->front());
}

}  // namespace users::storage
