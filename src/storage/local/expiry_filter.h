#pragma once

#include <rocksdb/compaction_filter.h>

#include <memory>
#include <string>

#include "base/clock.h"

namespace users::storage::local {

// Drops items during compaction once the number in their attribute `ttl_attribute`, seconds since
// 1970, has passed: DynamoDB's time to live. Nobody reads them by then. `clock` must outlive it.
std::unique_ptr<rocksdb::CompactionFilter> MakeExpiryFilter(const Clock& clock,
                                                            std::string ttl_attribute);

}  // namespace users::storage::local
