#include "support/unreliable_file_system.h"

#include <algorithm>

#include "support/unreliable_files.h"

namespace users::testing {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;
using Operation = UnreliableFileSystem::Operation;

namespace {

// The content of a file after a power cut: each sector is old or new, and if the length changed, it
// is between the old and the new one. If the file grows in order, the appended bytes up to that
// length are present.
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

// Opens an existing file as a `File` that reads it.
template <class File, class Interface>
IOStatus OpenExisting(const std::shared_ptr<DiskState>& disk, const std::string& name,
                      std::unique_ptr<Interface>& result) {
  const MutexLock lock(disk->mutex);
  if (auto begun = disk->Begin(Operation::kRead, name); !begun.ok()) return begun;
  auto inode = disk->Find(name);
  if (inode == nullptr) return NotFound(name);
  result = std::make_unique<File>(disk, name, std::move(inode));
  return IOStatus::OK();
}

}  // namespace

UnreliableFileSystem::UnreliableFileSystem() : disk_(std::make_shared<DiskState>()) {}
UnreliableFileSystem::~UnreliableFileSystem() = default;

void UnreliableFileSystem::CutPowerAfter(std::uint64_t operations) {
  const MutexLock lock(disk_->mutex);
  disk_->power_until = disk_->operations + operations;
}

void UnreliableFileSystem::RestorePower(std::mt19937_64& random) {
  const MutexLock lock(disk_->mutex);
  // Some of the unsynced name changes have reached the disk, in order.
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
  const MutexLock lock(disk_->mutex);
  disk_->locks.clear();
  disk_->power_until = std::numeric_limits<std::uint64_t>::max();
}

void UnreliableFileSystem::SetFault(Fault fault) {
  const MutexLock lock(disk_->mutex);
  disk_->fault = std::move(fault);
}

void UnreliableFileSystem::ForgetSyncsOf(const std::string& name_ending) {
  const MutexLock lock(disk_->mutex);
  disk_->forgotten_syncs.push_back(name_ending);
}

IOStatus UnreliableFileSystem::NewSequentialFile(const std::string& name, const FileOptions&,
                                                 std::unique_ptr<rocksdb::FSSequentialFile>* result,
                                                 IODebugContext*) {
  return OpenExisting<SequentialFile>(disk_, name, *result);
}

IOStatus UnreliableFileSystem::NewRandomAccessFile(
    const std::string& name, const FileOptions&,
    std::unique_ptr<rocksdb::FSRandomAccessFile>* result, IODebugContext*) {
  return OpenExisting<RandomAccessFile>(disk_, name, *result);
}

IOStatus UnreliableFileSystem::NewWritableFile(const std::string& name, const FileOptions&,
                                               std::unique_ptr<rocksdb::FSWritableFile>* result,
                                               IODebugContext*) {
  const MutexLock lock(disk_->mutex);
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
    const MutexLock lock(disk_->mutex);
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
  const MutexLock lock(disk_->mutex);
  if (auto begun = disk_->Begin(Operation::kName, name); !begun.ok()) return begun;
  auto inode = disk_->Find(old_name);
  if (inode == nullptr) return NotFound(old_name);
  disk_->names.erase(old_name);
  disk_->names[name] = inode;
  disk_->NamesChanged();
  *result = std::make_unique<WritableFile>(disk_, name, std::move(inode), 0);
  return IOStatus::OK();
}

IOStatus UnreliableFileSystem::NewRandomRWFile(const std::string& name, const FileOptions&,
                                               std::unique_ptr<rocksdb::FSRandomRWFile>* result,
                                               IODebugContext*) {
  return OpenExisting<RandomRWFile>(disk_, name, *result);
}

IOStatus UnreliableFileSystem::NewDirectory(const std::string& name, const IOOptions&,
                                            std::unique_ptr<rocksdb::FSDirectory>* result,
                                            IODebugContext*) {
  *result = std::make_unique<Directory>(disk_, name);
  return IOStatus::OK();
}

IOStatus UnreliableFileSystem::FileExists(const std::string& name, const IOOptions&,
                                          IODebugContext*) {
  const MutexLock lock(disk_->mutex);
  if (auto begun = disk_->Begin(Operation::kRead, name); !begun.ok()) return begun;
  const bool exists = disk_->names.contains(name) || disk_->directories.contains(name);
  return exists ? IOStatus::OK() : IOStatus::NotFound(name);
}

IOStatus UnreliableFileSystem::GetChildren(const std::string& directory, const IOOptions&,
                                           std::vector<std::string>* result, IODebugContext*) {
  const MutexLock lock(disk_->mutex);
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
  const MutexLock lock(disk_->mutex);
  if (auto begun = disk_->Begin(Operation::kName, name); !begun.ok()) return begun;
  if (disk_->names.erase(name) == 0) return NotFound(name);
  disk_->NamesChanged();
  return IOStatus::OK();
}

IOStatus UnreliableFileSystem::CreateDir(const std::string& name, const IOOptions&,
                                         IODebugContext*) {
  const MutexLock lock(disk_->mutex);
  disk_->directories.insert(name);
  return IOStatus::OK();
}

IOStatus UnreliableFileSystem::CreateDirIfMissing(const std::string& name, const IOOptions& options,
                                                  IODebugContext* debug) {
  return CreateDir(name, options, debug);
}

IOStatus UnreliableFileSystem::DeleteDir(const std::string& name, const IOOptions&,
                                         IODebugContext*) {
  const MutexLock lock(disk_->mutex);
  disk_->directories.erase(name);
  return IOStatus::OK();
}

IOStatus UnreliableFileSystem::GetFileSize(const std::string& name, const IOOptions&,
                                           std::uint64_t* size, IODebugContext*) {
  const MutexLock lock(disk_->mutex);
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
  const MutexLock lock(disk_->mutex);
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
  const MutexLock held(disk_->mutex);
  if (!disk_->locks.insert(name).second) return IOStatus::IOError("lock " + name + ": is held");
  *lock = new Lock(name);
  return IOStatus::OK();
}

IOStatus UnreliableFileSystem::UnlockFile(rocksdb::FileLock* lock, const IOOptions&,
                                          IODebugContext*) {
  const MutexLock held(disk_->mutex);
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
                                         std::shared_ptr<rocksdb::Logger>*, IODebugContext*) {
  return IOStatus::NotSupported("the engine has a log of its own");
}

IOStatus UnreliableFileSystem::GetAbsolutePath(const std::string& path, const IOOptions&,
                                               std::string* result, IODebugContext*) {
  *result = path;
  return IOStatus::OK();
}

IOStatus UnreliableFileSystem::IsDirectory(const std::string& path, const IOOptions&,
                                           bool* is_directory, IODebugContext*) {
  const MutexLock lock(disk_->mutex);
  *is_directory = disk_->directories.contains(path);
  return IOStatus::OK();
}

}  // namespace users::testing
