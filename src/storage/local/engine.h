#pragma once

#include <rocksdb/db.h>

#include <atomic>
#include <memory>
#include <string>

#include "base/result.h"
#include "storage/local/local_store.h"
#include "storage/table_store.h"

namespace users::storage::local {

// An open RocksDB with the column families of this store. Thread-safe, as RocksDB is.
class Engine {
 public:
  // The clock and the log outlive the engine.
  static Result<std::unique_ptr<Engine>> Open(const LocalStoreOptions& options, const Clock& clock,
                                              const Log& log);
  // For a disk that takes no writes: has failed from the beginning, but reads.
  static Result<std::unique_ptr<Engine>> OpenForReading(const LocalStoreOptions& options,
                                                        const Clock& clock, const Log& log);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // One synced write, wholly or not at all. After one that failed, whose bytes may or may not be in
  // the log, no other is taken: only opening the database again makes sure of what there is.
  rocksdb::Status Write(rocksdb::WriteBatch& batch);
  bool failed() const { return failed_; }
  void MarkFailed() { failed_ = true; }

  // For reading.
  rocksdb::DB& db() { return *db_; }
  rocksdb::ColumnFamilyHandle* family(Table table) const {
    return table == Table::kUsers ? users_ : idempotency_;
  }
  rocksdb::ColumnFamilyHandle* feed() const { return feed_; }
  // Small facts about the store itself: how far the feed's consumers are.
  rocksdb::ColumnFamilyHandle* meta() const { return meta_; }

 private:
  Engine() = default;
  enum class Mode { kReadWrite, kReadOnly };
  static Result<std::unique_ptr<Engine>> OpenAs(Mode mode, const LocalStoreOptions& options,
                                                const Clock& clock, const Log& log);

  // These outlive the database that calls them.
  std::unique_ptr<rocksdb::Env> own_env_;
  std::unique_ptr<rocksdb::CompactionFilter> expiry_filter_;
  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::ColumnFamilyHandle* meta_ = nullptr;
  rocksdb::ColumnFamilyHandle* users_ = nullptr;
  rocksdb::ColumnFamilyHandle* idempotency_ = nullptr;
  rocksdb::ColumnFamilyHandle* feed_ = nullptr;
  std::atomic<bool> failed_{false};
};

// What a failure of RocksDB is to a caller: broken data is kInternal, all else kUnavailable.
Error ToError(const rocksdb::Status& status);

}  // namespace users::storage::local
