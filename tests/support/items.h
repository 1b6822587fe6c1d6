#pragma once

#include <cstdint>
#include <string>

#include "storage/item.h"
#include "storage/table_store.h"

namespace users::testing {

// Small things to put into a store.
inline storage::Item Numbered(std::int64_t n) {
  storage::Item item;
  item.SetNumber("n", n);
  return item;
}

inline storage::Key UserKey(const std::string& partition, const std::string& sort = "S") {
  return storage::Key(storage::Table::kUsers, partition, sort);
}

}  // namespace users::testing
