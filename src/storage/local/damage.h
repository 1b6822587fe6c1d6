#pragma once

#include <rocksdb/status.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/mutex.h"
#include "storage/local/local_store.h"

namespace users::storage::local {

// The known damage to the files of an open store. Only the first report counts. Nothing clears it
// while the store is open. Thread-safe.
class DamageRecord {
 public:
  // Sets statistics.damaged. Both outlive this.
  DamageRecord(LocalStoreStatistics& statistics, const Log& log)
      : statistics_(statistics), log_(log) {}

  // `file` is a path in the data directory ("db/000012.sst"), or empty if it is not known. Logs
  // `store_damaged`.
  void Report(std::string_view file, std::string_view reason);

  // Reports the status if it says that bytes are wrong or that a file is gone. Any other failure
  // may be temporary. Returns whether it reported.
  bool ReportIfDamage(const rocksdb::Status& status);

  // Returns whether damage was reported.
  bool is_known() const { return statistics_.damaged; }
  // "db/000012.sst: ...", or nothing while no damage is known.
  std::optional<std::string> text() const;

 private:
  LocalStoreStatistics& statistics_;
  const Log& log_;
  mutable Mutex mutex_;
  std::optional<std::string> text_ USERS_GUARDED_BY(mutex_);
};

// Returns whether the status says that bytes are wrong or that a file is gone.
bool IsDamage(const rocksdb::Status& status);

// Returns the file of the database that a message of RocksDB names, as "db/000012.sst"; empty if it
// names none.
std::string FileNamedIn(std::string_view message);

// Returns the error for every write while damage is known.
Error StoreIsDamaged();

}  // namespace users::storage::local
