#pragma once

#include <rocksdb/options.h>

#include <functional>
#include <optional>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "storage/local/engine_access.h"
#include "storage/local/local_store.h"
#include "storage/table_store.h"

namespace users::storage::local {

using Items = std::vector<std::optional<Item>>;

// Reads items and ranges on the calling thread. With an io_timeout of kFromMemoryOnly, the result
// is empty if the read would have to wait for the disk. Thread-safe.
class Reader {
 public:
  // Both must outlive the reader.
  Reader(EngineAccess& access, const Log& log) : access_(access), log_(log) {}

  // Implement the functions of LocalStore with these names.
  std::optional<Result<Items>> Get(const std::vector<Key>& keys,
                                   rocksdb::ReadOptions options) const;
  std::optional<Result<Page>> Query(const QueryRange& range, rocksdb::ReadOptions options) const;
  std::optional<Result<ScanPage>> Scan(const ScanRange& range, rocksdb::ReadOptions options) const;
  Status ForEachItem(Table table, const LocalStore::VisitItem& visit, const SkipRange& skip) const;

 private:
  Error Failed(const rocksdb::Status& status, std::string_view doing) const;
  Error Broken(std::string_view doing) const;

  EngineAccess& access_;
  const Log& log_;
};

}  // namespace users::storage::local
