#pragma once

#include <rocksdb/db.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "storage/local/engine_listener.h"
#include "storage/local/engine_log.h"
#include "storage/local/local_store.h"
#include "storage/local/wal_order.h"
#include "storage/table_store.h"

namespace users::storage::local {

// The files that an open database works on.
struct EngineFiles {
  std::uint64_t manifest_number = 0;
  std::uint64_t manifest_bytes = 0;  // of them synced
  std::uint64_t wal_number = 0;      // of the log that receives the writes
  std::uint64_t wal_bytes = 0;       // 0 if it could not be found
  bool wal_is_missing = false;
  std::vector<rocksdb::LiveFileMetaData> tables;
};

// An open RocksDB with the column families of this store. Thread-safe, as RocksDB is.
class Engine {
 public:
  enum class Mode {
    kCreate,     // creates a new database, or continues an earlier attempt
    kReadWrite,  // an existing database, of which nothing is missing
    kRecover,    // an existing database; missing writes are abandoned
    kReadOnly,   // writes no byte; accepts no writes
  };

  // The clock, the log and the damage record must outlive the engine. An error is kInternal if
  // files are damaged or gone, and kUnavailable otherwise. Its message is for the operator.
  static Result<std::unique_ptr<Engine>> Open(Mode mode, const LocalStoreOptions& options,
                                              const Clock& clock, const Log& log,
                                              DamageRecord& damage);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Makes one synced write, which is atomic. After a failed write, whose bytes may or may not be in
  // the log, no other is accepted: only reopening the database shows the result.
  rocksdb::Status Write(rocksdb::WriteBatch& batch);
  // Returns whether a write has failed; MarkFailed makes every later write fail.
  bool failed() const { return failed_; }
  void MarkFailed() { failed_ = true; }

  // The result of replaying the write-ahead logs.
  const WalOrder& wal_order() const { return wal_order_; }
  // Returns the first message of RocksDB during opening that names a file; empty if there was none.
  std::string first_complaint() const { return engine_log_->first_complaint(); }

  // Returns an empty value if RocksDB cannot provide it now. The list of tables is long in a large
  // store.
  enum class Tables { kListed, kLeftOut };
  EngineFiles Files(Tables tables);

  // Receives the events of this database.
  EngineListener& listener() { return *listener_; }

  // The database and its column families, for reading.
  rocksdb::DB& db() { return *db_; }
  rocksdb::ColumnFamilyHandle* family(Table table) const {
    return table == Table::kUsers ? users_ : idempotency_;
  }
  rocksdb::ColumnFamilyHandle* feed() const { return feed_; }
  // The state of the store itself: the checkpoints of the feed's consumers.
  rocksdb::ColumnFamilyHandle* meta() const { return meta_; }

 private:
  Engine() = default;

  // The database calls these, so they outlive it.
  WalOrder wal_order_;
  std::shared_ptr<EngineListener> listener_;
  std::shared_ptr<EngineLog> engine_log_;
  std::unique_ptr<rocksdb::Env> own_env_;
  std::unique_ptr<rocksdb::CompactionFilter> expiry_filter_;
  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::ColumnFamilyHandle* meta_ = nullptr;
  rocksdb::ColumnFamilyHandle* users_ = nullptr;
  rocksdb::ColumnFamilyHandle* idempotency_ = nullptr;
  rocksdb::ColumnFamilyHandle* feed_ = nullptr;
  std::atomic<bool> failed_{false};
};

// Returns the environment of the options, or the machine's.
rocksdb::Env& EnvOf(const LocalStoreOptions& options);

// Translates a failure of RocksDB: broken data is kInternal, everything else kUnavailable.
Error ToError(const rocksdb::Status& status);

}  // namespace users::storage::local
