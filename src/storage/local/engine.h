#pragma once

#include <rocksdb/db.h>

#include <memory>
#include <string>

#include "base/result.h"
#include "storage/local/local_store.h"
#include "storage/table_store.h"

namespace users::storage::local {

// An open RocksDB with the column families of this store. Thread-safe, as RocksDB is.
class Engine {
 public:
  static Result<std::unique_ptr<Engine>> Open(const LocalStoreOptions& options, const Clock& clock);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  rocksdb::DB& db() { return *db_; }
  rocksdb::ColumnFamilyHandle* family(Table table) const {
    return table == Table::kUsers ? users_ : idempotency_;
  }
  rocksdb::ColumnFamilyHandle* feed() const { return feed_; }
  // Small facts about the store itself: how far the feed's consumers are.
  rocksdb::ColumnFamilyHandle* meta() const { return meta_; }

 private:
  Engine() = default;

  // The filter outlives the database that calls it.
  std::unique_ptr<rocksdb::CompactionFilter> expiry_filter_;
  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::ColumnFamilyHandle* meta_ = nullptr;
  rocksdb::ColumnFamilyHandle* users_ = nullptr;
  rocksdb::ColumnFamilyHandle* idempotency_ = nullptr;
  rocksdb::ColumnFamilyHandle* feed_ = nullptr;
};

// What a failure of RocksDB is to a caller: broken data is kInternal, all else kUnavailable.
Error ToError(const rocksdb::Status& status);

}  // namespace users::storage::local
