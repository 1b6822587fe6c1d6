#pragma once

#include <rocksdb/compaction_filter.h>

#include <memory>
#include <string>

#include "base/clock.h"

namespace users::storage::local {

// Returns a filter that drops items during compaction after the time in their attribute
// `ttl_attribute` (seconds since 1970), like DynamoDB's time to live. Such items are no longer
// read. `clock` must outlive it.
std::unique_ptr<rocksdb::CompactionFilter> MakeExpiryFilter(const Clock& clock,
                                                            std::string ttl_attribute);

}  // namespace users::storage::local
