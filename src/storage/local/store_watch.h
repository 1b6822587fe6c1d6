#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <thread>

#include "base/mutex.h"
#include "storage/local/anchor_file.h"
#include "storage/local/engine_access.h"
#include "storage/local/local_store.h"
#include "storage/local/start_check.h"

namespace users::storage::local {

// Checks every second that the files of an open store are in place, because a process can continue
// to write to files that were removed, and those writes are lost. A file that is missing, cut short
// or replaced is reported as damage. The watch also writes the current MANIFEST to the anchor.
class StoreWatch {
 public:
  // All references must outlive the watch.
  StoreWatch(const LocalStoreOptions& options, EngineAccess& access, AnchorFile& anchor,
             LocalStoreStatistics& statistics);
  ~StoreWatch();
  StoreWatch(const StoreWatch&) = delete;
  StoreWatch& operator=(const StoreWatch&) = delete;

 private:
  void Run();
  void Inspect();
  std::optional<FoundDamage> FindDamage(const EngineFiles& files);
  std::optional<FoundDamage> CheckTables(const EngineFiles& files);
  // Returns damage if a file is missing or has fewer bytes than it must have.
  std::optional<FoundDamage> CheckFile(const std::string& name, std::uint64_t least_bytes);
  // Returns damage if the file was replaced. `times` counts how often the store itself has replaced
  // it.
  std::optional<FoundDamage> WasReplaced(const std::string& name, std::uint64_t times = 0);

  const LocalStoreOptions& options_;
  rocksdb::Env& env_;
  EngineAccess& access_;
  AnchorFile& anchor_;
  LocalStoreStatistics& statistics_;
  std::uint64_t wal_number_ = 0;  // of the previous check
  std::uint64_t wal_bytes_ = 0;
  // The inode of each file at its first check, if the files are on the machine's file system.
  std::map<std::string, ino_t> inodes_;

  Mutex mutex_;
  ConditionVariable stop_;
  bool stopping_ USERS_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace users::storage::local
