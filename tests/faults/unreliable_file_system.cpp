#include "faults/unreliable_file_system.h"

#include <rocksdb/env.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <map>
#include <set>
#include <vector>

namespace users::testing {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;
using Operation = UnreliableFileSystem::Operation;

namespace {

constexpr std::size_t kSector = 512;

struct Inode {
  std::string content;
  std::string durable;
};

using Names = std::map<std::string, std::shared_ptr<Inode>>;

}  // namespace

struct DiskState {
  std::mutex mutex;
  Names names;
  Names durable_names;
  // The states of the names since the directory was last synced, oldest first. RocksDB keeps all
  // its files in one directory.
  std::vector<Names> unsynced_names;
  std::set<std::string> directories;
  std::set<std::string> locks;
  std::uint64_t operations = 0;
  std::uint64_t power_until = std::numeric_limits<std::uint64_t>::max();
  UnreliableFileSystem::Fault fault;
  std::string forgotten_syncs;

  // With the mutex held: whether the operation may go ahead.
  IOStatus Begin(Operation operation, const std::string& file) {
    if (is_cut()) return IOStatus::IOError("the power is cut");
    if (operation != Operation::kRead) ++operations;
    return fault ? fault(operation, file) : IOStatus::OK();
  }

  bool is_cut() const { return operations >= power_until; }

  void NamesChanged() { unsynced_names.push_back(names); }

  std::shared_ptr<Inode> Find(const std::string& name) {
    const auto found = names.find(name);
    return found == names.end() ? nullptr : found->second;
  }
};

namespace {

IOStatus NotFound(const std::string& name) {
  return IOStatus::PathNotFound(name);
}

class MemoryFile {
 public:
  MemoryFile(std::shared_ptr<DiskState> disk, std::string name, std::shared_ptr<Inode> inode)
      : disk_(std::move(disk)), name_(std::move(name)), inode_(std::move(inode)) {}

 protected:
  IOStatus ReadAt(std::uint64_t offset, std::size_t size, Slice* result, char* scratch) const {
    const std::lock_guard lock(disk_->mutex);
    if (auto begun = disk_->Begin(Operation::kRead, name_); !begun.ok()) return begun;
    const std::string& content = inode_->content;
    const std::size_t from = std::min<std::size_t>(offset, content.size());
    const std::size_t count = std::min(size, content.size() - from);
    std::memcpy(scratch, content.data() + from, count);
    *result = Slice(scratch, count);
    return IOStatus::OK();
  }

  std::shared_ptr<DiskState> disk_;
  std::string name_;
  std::shared_ptr<Inode> inode_;
};

class SequentialFile final : public rocksdb::FSSequentialFile, private MemoryFile {
 public:
  using MemoryFile::MemoryFile;
  IOStatus Read(std::size_t size, const IOOptions&, Slice* result, char* scratch,
                IODebugContext*) override {
    auto read = ReadAt(position_, size, result, scratch);
    if (read.ok()) position_ += result->size();
    return read;
  }
  IOStatus Skip(std::uint64_t size) override {
    position_ += size;
    return IOStatus::OK();
  }

 private:
  std::uint64_t position_ = 0;
};

class RandomAccessFile final : public rocksdb::FSRandomAccessFile, private MemoryFile {
 public:
  using MemoryFile::MemoryFile;
  // Of the reads that must not wait, some would have to.
  IOStatus Read(std::uint64_t offset, std::size_t size, const IOOptions& options, Slice* result,
                char* scratch, IODebugContext*) const override {
    if (options.timeout.count() > 0 && offset / kSector % 3 == 0) return IOStatus::TimedOut();
    return ReadAt(offset, size, result, scratch);
  }
};

// Writes from `position` on, over what stands there: that is how a log file is used again.
class WritableFile final : public rocksdb::FSWritableFile, private MemoryFile {
 public:
  WritableFile(std::shared_ptr<DiskState> disk, std::string name, std::shared_ptr<Inode> inode,
               std::size_t position)
      : MemoryFile(std::move(disk), std::move(name), std::move(inode)), position_(position) {}

  using rocksdb::FSWritableFile::Append;
  IOStatus Append(const Slice& data, const IOOptions&, IODebugContext*) override {
    const std::lock_guard lock(disk_->mutex);
    auto begun = disk_->Begin(Operation::kAppend, name_);
    const std::size_t size = begun.ok() ? data.size() : disk_->is_cut() ? 0 : data.size() / 2;
    std::string& content = inode_->content;
    if (content.size() < position_ + size) content.resize(position_ + size);
    std::memcpy(content.data() + position_, data.data(), size);
    position_ += size;
    return begun;
  }
  IOStatus Truncate(std::uint64_t size, const IOOptions&, IODebugContext*) override {
    const std::lock_guard lock(disk_->mutex);
    if (auto begun = disk_->Begin(Operation::kAppend, name_); !begun.ok()) return begun;
    inode_->content.resize(size);
    position_ = std::min<std::size_t>(position_, size);
    return IOStatus::OK();
  }
  IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Flush(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    const std::lock_guard lock(disk_->mutex);
    if (auto begun = disk_->Begin(Operation::kSync, name_); !begun.ok()) return begun;
    const bool forgotten =
        !disk_->forgotten_syncs.empty() && name_.ends_with(disk_->forgotten_syncs);
    if (!forgotten) inode_->durable = inode_->content;
    return IOStatus::OK();
  }
  bool IsSyncThreadSafe() const override { return true; }
  std::uint64_t GetFileSize(const IOOptions&, IODebugContext*) override { return position_; }

 private:
  std::size_t position_;
};

class Directory final : public rocksdb::FSDirectory {
 public:
  Directory(std::shared_ptr<DiskState> disk, std::string name)
      : disk_(std::move(disk)), name_(std::move(name)) {}
  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    const std::lock_guard lock(disk_->mutex);
    if (auto begun = disk_->Begin(Operation::kSync, name_); !begun.ok()) return begun;
    disk_->durable_names = disk_->names;
    disk_->unsynced_names.clear();
    return IOStatus::OK();
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

class SilentLogger final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
  std::size_t GetLogFileSize() const override { return 0; }
};

// What a file is after the power was cut: sectors of the old and of the new content, a length in
// between where it grew. Where growth is in order, what was appended is there up to that length.
std::string Torn(const Inode& inode, bool grows_in_order, std::mt19937_64& random) {
  const std::string& before = inode.durable;
  const std::string& after = inode.content;
  const std::size_t low = std::min(before.size(), after.size());
  const std::size_t high = std::max(before.size(), after.size());
  const std::size_t size = low + random() % (high - low + 1);
  std::string torn(size, '\0');
  for (std::size_t at = 0; at < size; at += kSector) {
    const bool appended = at + kSector > before.size();
    const bool is_new = (appended && grows_in_order) || random() % 2 == 0;
    const std::string& source = is_new ? after : before;
    const std::size_t end = std::min({at + kSector, size, source.size()});
    if (at < end) std::memcpy(torn.data() + at, source.data() + at, end - at);
  }
  return torn;
}

}  // namespace

UnreliableFileSystem::UnreliableFileSystem() : disk_(std::make_shared<DiskState>()) {}
UnreliableFileSystem::~UnreliableFileSystem() = default;

void UnreliableFileSystem::CutPowerAfter(std::uint64_t operations) {
  const std::lock_guard lock(disk_->mutex);
  disk_->power_until = disk_->operations + operations;
}

void UnreliableFileSystem::RestorePower(std::mt19937_64& random) {
  const std::lock_guard lock(disk_->mutex);
  // Some of the unsynced changes of names have reached the disk, the earlier before the later.
  const std::size_t kept = random() % (disk_->unsynced_names.size() + 1);
  disk_->names = kept == 0 ? disk_->durable_names : disk_->unsynced_names[kept - 1];
  disk_->durable_names = disk_->names;
  disk_->unsynced_names.clear();
  std::set<Inode*> done;
  for (auto& [name, inode] : disk_->names) {
    if (!done.insert(inode.get()).second) continue;
    const bool grows_in_order = !name.ends_with(".log");
    if (inode->content != inode->durable) {
      inode->content = Torn(*inode, grows_in_order, random);
    }
    inode->durable = inode->content;
  }
  disk_->locks.clear();
  disk_->power_until = std::numeric_limits<std::uint64_t>::max();
}

void UnreliableFileSystem::RestartProcess() {
  const std::lock_guard lock(disk_->mutex);
  disk_->locks.clear();
  disk_->power_until = std::numeric_limits<std::uint64_t>::max();
}

void UnreliableFileSystem::SetFault(Fault fault) {
  const std::lock_guard lock(disk_->mutex);
  disk_->fault = std::move(fault);
}

void UnreliableFileSystem::ForgetSyncsOf(const std::string& name_ending) {
  const std::lock_guard lock(disk_->mutex);
  disk_->forgotten_syncs = name_ending;
}

IOStatus UnreliableFileSystem::NewSequentialFile(const std::string& name, const FileOptions&,
                                                 std::unique_ptr<rocksdb::FSSequentialFile>* result,
                                                 IODebugContext*) {
  const std::lock_guard lock(disk_->mutex);
  if (auto begun = disk_->Begin(Operation::kRead, name); !begun.ok()) return begun;
  auto inode = disk_->Find(name);
  if (inode == nullptr) return NotFound(name);
  *result = std::make_unique<SequentialFile>(disk_, name, std::move(inode));
  return IOStatus::OK();
}

IOStatus UnreliableFileSystem::NewRandomAccessFile(
    const std::string& name, const FileOptions&,
    std::unique_ptr<rocksdb::FSRandomAccessFile>* result, IODebugContext*) {
  const std::lock_guard lock(disk_->mutex);
  if (auto begun = disk_->Begin(Operation::kRead, name); !begun.ok()) return begun;
  auto inode = disk_->Find(name);
  if (inode == nullptr) return NotFound(name);
  *result = std::make_unique<RandomAccessFile>(disk_, name, std::move(inode));
  return IOStatus::OK();
}

IOStatus UnreliableFileSystem::NewWritableFile(const std::string& name, const FileOptions&,
                                               std::unique_ptr<rocksdb::FSWritableFile>* result,
                                               IODebugContext*) {
  const std::lock_guard lock(disk_->mutex);
  if (auto begun = disk_->Begin(Operation::kName, name); !begun.ok()) return begun;
  auto inode = std::make_shared<Inode>();
  disk_->names[name] = inode;
  disk_->NamesChanged();
  *result = std::make_unique<WritableFile>(disk_, name, std::move(inode), 0);
  return IOStatus::OK();
}

IOStatus UnreliableFileSystem::ReopenWritableFile(const std::string& name,
                                                  const FileOptions& options,
                                                  std::unique_ptr<rocksdb::FSWritableFile>* result,
                                                  IODebugContext* debug) {
  {
    const std::lock_guard lock(disk_->mutex);
    if (auto inode = disk_->Find(name)) {
      const std::size_t size = inode->content.size();
      *result = std::make_unique<WritableFile>(disk_, name, std::move(inode), size);
      return IOStatus::OK();
    }
  }
  return NewWritableFile(name, options, result, debug);
}

IOStatus UnreliableFileSystem::ReuseWritableFile(const std::string& name,
                                                 const std::string& old_name, const FileOptions&,
                                                 std::unique_ptr<rocksdb::FSWritableFile>* result,
                                                 IODebugContext*) {
  const std::lock_guard lock(disk_->mutex);
  if (auto begun = disk_->Begin(Operation::kName, name); !begun.ok()) return begun;
  auto inode = disk_->Find(old_name);
  if (inode == nullptr) return NotFound(old_name);
  disk_->names.erase(old_name);
  disk_->names[name] = inode;
  disk_->NamesChanged();
  *result = std::make_unique<WritableFile>(disk_, name, std::move(inode), 0);
  return IOStatus::OK();
}

IOStatus UnreliableFileSystem::NewDirectory(const std::string& name, const IOOptions&,
                                            std::unique_ptr<rocksdb::FSDirectory>* result,
                                            IODebugContext*) {
  *result = std::make_unique<Directory>(disk_, name);
  return IOStatus::OK();
}

IOStatus UnreliableFileSystem::FileExists(const std::string& name, const IOOptions&,
                                          IODebugContext*) {
  const std::lock_guard lock(disk_->mutex);
  if (auto begun = disk_->Begin(Operation::kRead, name); !begun.ok()) return begun;
  const bool exists = disk_->names.contains(name) || disk_->directories.contains(name);
  return exists ? IOStatus::OK() : IOStatus::NotFound(name);
}

IOStatus UnreliableFileSystem::GetChildren(const std::string& directory, const IOOptions&,
                                           std::vector<std::string>* result, IODebugContext*) {
  const std::lock_guard lock(disk_->mutex);
  if (auto begun = disk_->Begin(Operation::kRead, directory); !begun.ok()) return begun;
  result->clear();
  const std::string prefix = directory.ends_with('/') ? directory : directory + "/";
  for (const auto& [name, inode] : disk_->names) {
    const bool is_child = name.starts_with(prefix) && name.find('/', prefix.size()) == name.npos;
    if (is_child) result->push_back(name.substr(prefix.size()));
  }
  return IOStatus::OK();
}

IOStatus UnreliableFileSystem::DeleteFile(const std::string& name, const IOOptions&,
                                          IODebugContext*) {
  const std::lock_guard lock(disk_->mutex);
  if (auto begun = disk_->Begin(Operation::kName, name); !begun.ok()) return begun;
  if (disk_->names.erase(name) == 0) return NotFound(name);
  disk_->NamesChanged();
  return IOStatus::OK();
}

IOStatus UnreliableFileSystem::CreateDir(const std::string& name, const IOOptions&,
                                         IODebugContext*) {
  const std::lock_guard lock(disk_->mutex);
  disk_->directories.insert(name);
  return IOStatus::OK();
}

IOStatus UnreliableFileSystem::CreateDirIfMissing(const std::string& name, const IOOptions& options,
                                                  IODebugContext* debug) {
  return CreateDir(name, options, debug);
}

IOStatus UnreliableFileSystem::DeleteDir(const std::string& name, const IOOptions&,
                                         IODebugContext*) {
  const std::lock_guard lock(disk_->mutex);
  disk_->directories.erase(name);
  return IOStatus::OK();
}

IOStatus UnreliableFileSystem::GetFileSize(const std::string& name, const IOOptions&,
                                           std::uint64_t* size, IODebugContext*) {
  const std::lock_guard lock(disk_->mutex);
  if (auto begun = disk_->Begin(Operation::kRead, name); !begun.ok()) return begun;
  const auto inode = disk_->Find(name);
  if (inode == nullptr) return NotFound(name);
  *size = inode->content.size();
  return IOStatus::OK();
}

IOStatus UnreliableFileSystem::GetFileModificationTime(const std::string&, const IOOptions&,
                                                       std::uint64_t* time, IODebugContext*) {
  *time = 0;
  return IOStatus::OK();
}

IOStatus UnreliableFileSystem::RenameFile(const std::string& from, const std::string& to,
                                          const IOOptions&, IODebugContext*) {
  const std::lock_guard lock(disk_->mutex);
  if (auto begun = disk_->Begin(Operation::kName, from); !begun.ok()) return begun;
  auto inode = disk_->Find(from);
  if (inode == nullptr) return NotFound(from);
  disk_->names.erase(from);
  disk_->names[to] = std::move(inode);
  disk_->NamesChanged();
  return IOStatus::OK();
}

IOStatus UnreliableFileSystem::LockFile(const std::string& name, const IOOptions&,
                                        rocksdb::FileLock** lock, IODebugContext*) {
  const std::lock_guard guard(disk_->mutex);
  if (!disk_->locks.insert(name).second) return IOStatus::IOError("lock " + name + ": is held");
  *lock = new Lock(name);
  return IOStatus::OK();
}

IOStatus UnreliableFileSystem::UnlockFile(rocksdb::FileLock* lock, const IOOptions&,
                                          IODebugContext*) {
  const std::lock_guard guard(disk_->mutex);
  disk_->locks.erase(static_cast<Lock*>(lock)->name);
  delete lock;
  return IOStatus::OK();
}

IOStatus UnreliableFileSystem::GetTestDirectory(const IOOptions&, std::string* path,
                                                IODebugContext*) {
  *path = "/test";
  return IOStatus::OK();
}

IOStatus UnreliableFileSystem::NewLogger(const std::string&, const IOOptions&,
                                         std::shared_ptr<rocksdb::Logger>* result,
                                         IODebugContext*) {
  *result = std::make_shared<SilentLogger>();
  return IOStatus::OK();
}

IOStatus UnreliableFileSystem::GetAbsolutePath(const std::string& path, const IOOptions&,
                                               std::string* result, IODebugContext*) {
  *result = path;
  return IOStatus::OK();
}

IOStatus UnreliableFileSystem::IsDirectory(const std::string& path, const IOOptions&,
                                           bool* is_directory, IODebugContext*) {
  const std::lock_guard lock(disk_->mutex);
  *is_directory = disk_->directories.contains(path);
  return IOStatus::OK();
}

}  // namespace users::testing
