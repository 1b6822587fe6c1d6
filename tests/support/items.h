#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "storage/item.h"
#include "storage/table_store.h"

namespace users::testing {

// Returns a small item to store.
inline storage::Item Numbered(std::int64_t n) {
  storage::Item item;
  item.SetNumber("n", n);
  return item;
}

// Returns the number given to Numbered, or -1 for another item, or -2 if there is none.
inline std::int64_t NumberOf(const std::optional<storage::Item>& item) {
  return item ? item->FindNumber("n").value_or(-1) : -2;
}

// Keys of the two tables.
inline storage::Key UserKey(const std::string& partition, const std::string& sort = "S") {
  return storage::Key(storage::Table::kUsers, partition, sort);
}

inline storage::Key RecordKey(const std::string& partition) {
  return storage::Key(storage::Table::kIdempotency, partition);
}

}  // namespace users::testing
