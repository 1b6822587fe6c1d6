#pragma once

#include <rocksdb/iterator.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "storage/local/local_store.h"

namespace users::storage::local {

// A range of keys that cannot be read: those after `after` (empty: from the beginning) and before
// `until` (empty: to the end).
struct UnreadableKeys {
  std::string after;
  std::string until;
  rocksdb::Status status;
};

using VisitEntry = std::function<void(std::string_view key, std::string_view value)>;
using SkipKeys = std::function<void(const UnreadableKeys&)>;

// The max number of unreadable ranges after which a scan continues.
inline constexpr int kMaxUnreadableRanges = 1000;

using MakeIterator = std::function<std::unique_ptr<rocksdb::Iterator>()>;

// Visits every entry in the order of the keys. Without `skip`, the first entry that cannot be read
// ends the scan, and the status has the reason. With `skip`, the scan continues with the first key
// that it finds after the unreadable range, until there are too many such ranges. It finds every
// readable key after a single unreadable range. If several such ranges are close together, it may
// skip the keys between them. All iterators must have the same state.
rocksdb::Status Scan(const MakeIterator& make, const VisitEntry& visit, const SkipKeys& skip);

// Returns the range for the operator, without the keys.
UnreadableRange RangeWithoutKeys(const UnreadableKeys& keys);

}  // namespace users::storage::local
