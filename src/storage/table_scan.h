#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/async/task.h"
#include "base/clock.h"
#include "base/result.h"
#include "storage/table_store.h"

namespace users::storage {

// The items of a table whose partitions begin with one of the prefixes. At least one prefix; none
// begins another.
struct ScanRange {
  ScanRange(Table table, std::vector<std::string> prefixes)
      : table(table), prefixes(std::move(prefixes)) {}

  Table table;
  std::vector<std::string> prefixes;
  std::optional<Key> after;  // where an earlier page ended; nothing: from the beginning
};

// A part of the range, in the store's own order.
struct ScanPage {
  std::vector<std::pair<Key, Item>> items;  // may be empty although more follow
  std::optional<Key> continue_after;        // nothing at the end
};

// The third storage port: reads whole tables, for work on all items. Thread-safe. Errors are those
// of TableStore.
class TableScan {
 public:
  virtual ~TableScan() = default;

  // Returns a page of about 1 MB of what was read. An item that exists during the whole scan is
  // returned once, in one of its committed states. Other items may be returned or not.
  virtual Task<Result<ScanPage>> Scan(ScanRange range, Deadline deadline) = 0;
};

}  // namespace users::storage
