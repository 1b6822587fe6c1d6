#pragma once

#include <rocksdb/db.h>

#include <optional>
#include <string>
#include <vector>

#include "base/ulid.h"
#include "search/user_index.h"

namespace users::search::local {

// Reads the users that have a posting for each of the words, in ascending order, up to `limit` of
// them. Never reads a whole list: the lists are read by seeking in turn to the greatest user that
// one of them has reached. After a bounded number of steps it ends and says how far it came.
// `candidates` is valid if the status is ok. Thread-safe.
rocksdb::Status MergePostings(rocksdb::DB& db, const std::vector<std::string>& words,
                              const std::optional<Ulid>& after, std::size_t limit,
                              Candidates& candidates);

}  // namespace users::search::local
