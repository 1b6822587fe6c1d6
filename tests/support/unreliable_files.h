#pragma once

#include <rocksdb/env.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "support/unreliable_file_system.h"

// The state and the files of an UnreliableFileSystem. Only its implementation includes this header.
namespace users::testing {

inline constexpr std::size_t kSector = 512;

// A file: its content as written, and its content at the last sync.
struct Inode {
  std::string content;
  std::string durable;
};

using Names = std::map<std::string, std::shared_ptr<Inode>>;

// The disk. The mutex also guards the content of the inodes.
struct DiskState {
  Mutex mutex;
  Names names USERS_GUARDED_BY(mutex);
  Names durable_names USERS_GUARDED_BY(mutex);
  // The states of the names that may be on the disk after a power cut, oldest first.
  std::vector<Names> unsynced_names USERS_GUARDED_BY(mutex);
  std::set<std::string> directories USERS_GUARDED_BY(mutex);
  std::set<std::string> locks USERS_GUARDED_BY(mutex);
  std::uint64_t operations USERS_GUARDED_BY(mutex) = 0;
  std::uint64_t power_until USERS_GUARDED_BY(mutex) = std::numeric_limits<std::uint64_t>::max();
  UnreliableFileSystem::Fault fault USERS_GUARDED_BY(mutex);
  std::vector<std::string> forgotten_syncs
      USERS_GUARDED_BY(mutex);  // of files whose names have such a suffix

  // Counts the operation and returns whether it may proceed.
  rocksdb::IOStatus Begin(UnreliableFileSystem::Operation operation, const std::string& file)
      USERS_REQUIRES(mutex) {
    if (is_cut()) return rocksdb::IOStatus::IOError("the power is cut");
    if (operation != UnreliableFileSystem::Operation::kRead) ++operations;
    return fault ? fault(operation, file) : rocksdb::IOStatus::OK();
  }

  // Makes a file's content durable.
  rocksdb::IOStatus Sync(const std::string& name, Inode& inode) USERS_REQUIRES(mutex) {
    if (auto begun = Begin(UnreliableFileSystem::Operation::kSync, name); !begun.ok()) {
      return begun;
    }
    const bool forgotten =
        std::any_of(forgotten_syncs.begin(), forgotten_syncs.end(),
                    [&](const std::string& ending) { return name.ends_with(ending); });
    if (!forgotten) inode.durable = inode.content;
    return rocksdb::IOStatus::OK();
  }

  bool is_cut() const USERS_REQUIRES(mutex) { return operations >= power_until; }

  void NamesChanged() USERS_REQUIRES(mutex) { unsynced_names.push_back(names); }

  // Makes the names in one directory durable. Names in other directories stay unsynced.
  void SyncNamesIn(const std::string& directory) USERS_REQUIRES(mutex) {
    const std::string prefix = directory.ends_with('/') ? directory : directory + "/";
    const auto is_in = [&](const std::string& name) {
      return name.starts_with(prefix) && name.find('/', prefix.size()) == name.npos;
    };
    const auto sync = [&](Names& state) USERS_REQUIRES(mutex) {
      std::erase_if(state, [&](const auto& entry) { return is_in(entry.first); });
      for (const auto& [name, inode] : names) {
        if (is_in(name)) state[name] = inode;
      }
    };
    sync(durable_names);
    for (Names& state : unsynced_names) sync(state);
  }

  std::shared_ptr<Inode> Find(const std::string& name) USERS_REQUIRES(mutex) {
    const auto found = names.find(name);
    return found == names.end() ? nullptr : found->second;
  }
};

inline rocksdb::IOStatus NotFound(const std::string& name) {
  return rocksdb::IOStatus::PathNotFound(name);
}

// The base class of the open files.
class MemoryFile {
 public:
  MemoryFile(std::shared_ptr<DiskState> disk, std::string name, std::shared_ptr<Inode> inode)
      : disk_(std::move(disk)), name_(std::move(name)), inode_(std::move(inode)) {}

 protected:
  rocksdb::IOStatus ReadAt(std::uint64_t offset, std::size_t size, rocksdb::Slice* result,
                           char* scratch) const {
    const MutexLock lock(disk_->mutex);
    if (auto begun = disk_->Begin(UnreliableFileSystem::Operation::kRead, name_); !begun.ok()) {
      return begun;
    }
    const std::string& content = inode_->content;
    const std::size_t from = std::min<std::size_t>(offset, content.size());
    const std::size_t count = std::min(size, content.size() - from);
    std::memcpy(scratch, content.data() + from, count);
    *result = rocksdb::Slice(scratch, count);
    return rocksdb::IOStatus::OK();
  }

  std::shared_ptr<DiskState> disk_;
  std::string name_;
  std::shared_ptr<Inode> inode_;
};

class SequentialFile final : public rocksdb::FSSequentialFile, private MemoryFile {
 public:
  using MemoryFile::MemoryFile;
  rocksdb::IOStatus Read(std::size_t size, const rocksdb::IOOptions&, rocksdb::Slice* result,
                         char* scratch, rocksdb::IODebugContext*) override {
    auto read = ReadAt(position_, size, result, scratch);
    if (read.ok()) position_ += result->size();
    return read;
  }
  rocksdb::IOStatus Skip(std::uint64_t size) override {
    position_ += size;
    return rocksdb::IOStatus::OK();
  }

 private:
  std::uint64_t position_ = 0;
};

class RandomAccessFile final : public rocksdb::FSRandomAccessFile, private MemoryFile {
 public:
  using MemoryFile::MemoryFile;
  // Some of the reads that must not block time out.
  rocksdb::IOStatus Read(std::uint64_t offset, std::size_t size, const rocksdb::IOOptions& options,
                         rocksdb::Slice* result, char* scratch,
                         rocksdb::IODebugContext*) const override {
    if (options.timeout.count() > 0 && offset / kSector % 3 == 0) {
      return rocksdb::IOStatus::TimedOut();
    }
    return ReadAt(offset, size, result, scratch);
  }
};

// A file that is written at any offset, such as ANCHOR.
class RandomRWFile final : public rocksdb::FSRandomRWFile, private MemoryFile {
 public:
  using MemoryFile::MemoryFile;
  rocksdb::IOStatus Write(std::uint64_t offset, const rocksdb::Slice& data,
                          const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
    const MutexLock lock(disk_->mutex);
    auto begun = disk_->Begin(UnreliableFileSystem::Operation::kAppend, name_);
    const std::size_t size = begun.ok() ? data.size() : disk_->is_cut() ? 0 : data.size() / 2;
    std::string& content = inode_->content;
    if (content.size() < offset + size) content.resize(offset + size);
    std::memcpy(content.data() + offset, data.data(), size);
    return begun;
  }
  rocksdb::IOStatus Read(std::uint64_t offset, std::size_t size, const rocksdb::IOOptions&,
                         rocksdb::Slice* result, char* scratch,
                         rocksdb::IODebugContext*) const override {
    return ReadAt(offset, size, result, scratch);
  }
  rocksdb::IOStatus Flush(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
    return rocksdb::IOStatus::OK();
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
    const MutexLock lock(disk_->mutex);
    return disk_->Sync(name_, *inode_);
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                          rocksdb::IODebugContext* debug) override {
    return Sync(options, debug);
  }
  rocksdb::IOStatus Close(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
    return rocksdb::IOStatus::OK();
  }
};

// Writes from `position` on and overwrites the old content, as RocksDB does when it reuses a log
// file.
class WritableFile final : public rocksdb::FSWritableFile, private MemoryFile {
 public:
  WritableFile(std::shared_ptr<DiskState> disk, std::string name, std::shared_ptr<Inode> inode,
               std::size_t position)
      : MemoryFile(std::move(disk), std::move(name), std::move(inode)), position_(position) {}

  using rocksdb::FSWritableFile::Append;
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions&,
                           rocksdb::IODebugContext*) override {
    const MutexLock lock(disk_->mutex);
    auto begun = disk_->Begin(UnreliableFileSystem::Operation::kAppend, name_);
    const std::size_t size = begun.ok() ? data.size() : disk_->is_cut() ? 0 : data.size() / 2;
    std::string& content = inode_->content;
    if (content.size() < position_ + size) content.resize(position_ + size);
    std::memcpy(content.data() + position_, data.data(), size);
    position_ += size;
    return begun;
  }
  rocksdb::IOStatus Truncate(std::uint64_t size, const rocksdb::IOOptions&,
                             rocksdb::IODebugContext*) override {
    const MutexLock lock(disk_->mutex);
    if (auto begun = disk_->Begin(UnreliableFileSystem::Operation::kAppend, name_); !begun.ok()) {
      return begun;
    }
    inode_->content.resize(size);
    position_ = std::min<std::size_t>(position_, size);
    return rocksdb::IOStatus::OK();
  }
  rocksdb::IOStatus Close(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
    return rocksdb::IOStatus::OK();
  }
  rocksdb::IOStatus Flush(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
    return rocksdb::IOStatus::OK();
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
    const MutexLock lock(disk_->mutex);
    return disk_->Sync(name_, *inode_);
  }
  bool IsSyncThreadSafe() const override { return true; }
  std::uint64_t GetFileSize(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
    return position_;
  }

 private:
  std::size_t position_;
};

class Directory final : public rocksdb::FSDirectory {
 public:
  Directory(std::shared_ptr<DiskState> disk, std::string name)
      : disk_(std::move(disk)), name_(std::move(name)) {}
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
    const MutexLock lock(disk_->mutex);
    if (auto begun = disk_->Begin(UnreliableFileSystem::Operation::kSync, name_); !begun.ok()) {
      return begun;
    }
    disk_->SyncNamesIn(name_);
    return rocksdb::IOStatus::OK();
  }

 private:
  const std::shared_ptr<DiskState> disk_;
  const std::string name_;
};

class Lock final : public rocksdb::FileLock {
 public:
  explicit Lock(std::string name) : name(std::move(name)) {}
  const std::string name;
};

}  // namespace users::testing
