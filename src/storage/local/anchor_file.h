#pragma once

#include <rocksdb/env.h>

#include <memory>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "storage/local/anchor.h"

namespace users::storage::local {

// The file ANCHOR of a data directory, open for writing. A write is passed to the kernel at once,
// so it survives the end of the process. A thread syncs it soon after: at once if it was idle,
// otherwise once a second. A power loss may bring back an older anchor, never a torn one: of the
// three slots, one is durable and is not touched, one is being synced, and one receives the writes.
// Thread-safe.
class AnchorFile {
 public:
  // `env` must outlive this. Nothing is written until Restart.
  AnchorFile(rocksdb::Env& env, std::string directory);
  // Syncs the last write.
  ~AnchorFile();
  AnchorFile(const AnchorFile&) = delete;
  AnchorFile& operator=(const AnchorFile&) = delete;

  // Replaces the file by one whose slots all hold this anchor, and syncs it.
  Status Restart(Anchor anchor);

  // Writes the state after a synced write of the store. After an error, and after a failed sync, no
  // other write succeeds until Restart.
  rocksdb::Status Write(std::uint64_t sequence, std::uint64_t position,
                        const std::string& newest_key, const Sha256Digest& newest_digest);
  // Writes the state of the database's files. Their content must already be durable.
  rocksdb::Status WriteFiles(std::uint64_t manifest_number, std::uint64_t manifest_bytes,
                             std::uint64_t wal_number);

  // Returns the anchor that was written last.
  Anchor current() const;
  // Returns how often the file was replaced.
  std::uint64_t restarts() const;
  // Return how often a slot was synced, and the slot that was synced last.
  std::uint64_t syncs() const;
  std::size_t durable_slot() const;

 private:
  rocksdb::Status WriteSlot() USERS_REQUIRES(mutex_);
  void SyncWrites();

  rocksdb::Env& env_;
  const std::string directory_;
  mutable Mutex mutex_;
  ConditionVariable changed_;
  std::shared_ptr<rocksdb::RandomRWFile> file_ USERS_GUARDED_BY(mutex_);
  std::uint64_t restarts_ USERS_GUARDED_BY(mutex_) = 0;
  std::uint64_t syncs_ USERS_GUARDED_BY(mutex_) = 0;
  Anchor anchor_ USERS_GUARDED_BY(mutex_);
  rocksdb::Status status_ USERS_GUARDED_BY(mutex_);
  std::size_t durable_ USERS_GUARDED_BY(mutex_) = 0;  // slots
  std::size_t written_ USERS_GUARDED_BY(mutex_) = 1;
  bool unsynced_ USERS_GUARDED_BY(mutex_) = false;
  bool stopping_ USERS_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

inline constexpr std::string_view kAnchorName = "ANCHOR";

// Durably writes a whole file with this anchor in all slots. Also syncs `directory`.
Status WriteAnchor(rocksdb::Env& env, const std::string& directory, const Anchor& anchor);

// Reads the anchor of a directory. Fails with kInternal if the file is missing or damaged (the
// message is "is missing" or "is damaged"), and with kUnavailable if it cannot be read now.
Result<FoundAnchor> ReadAnchor(rocksdb::Env& env, const std::string& directory);

// Replaces a file of a directory in one step that survives a power loss.
Status ReplaceFile(rocksdb::Env& env, const std::string& directory, const std::string& name,
                   const std::string& content);

}  // namespace users::storage::local
