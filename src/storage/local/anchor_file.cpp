#include "storage/local/anchor_file.h"

#include <algorithm>

#include "storage/local/damage.h"

namespace users::storage::local {
namespace {

constexpr std::chrono::seconds kSyncInterval{1};

std::string PathIn(const std::string& directory) {
  return directory + "/" + std::string(kAnchorName);
}

}  // namespace

Status ReplaceFile(rocksdb::Env& env, const std::string& directory, const std::string& name,
                   const std::string& content) {
  const std::string path = directory + "/" + name;
  const std::string temporary = path + ".new";
  const bool sync = true;
  rocksdb::Status status = rocksdb::WriteStringToFile(&env, content, temporary, sync);
  if (status.ok()) status = env.RenameFile(temporary, path);
  std::unique_ptr<rocksdb::Directory> opened;
  if (status.ok()) status = env.NewDirectory(directory, &opened);
  if (status.ok()) status = opened->Fsync();
  if (status.ok()) return Done{};
  return Error::Unavailable("cannot be written (" + name + ": " + status.ToString() + ")");
}

Status WriteAnchor(rocksdb::Env& env, const std::string& directory, const Anchor& anchor) {
  std::string slot = EncodeAnchor(anchor);
  slot.resize(kAnchorSlotBytes);
  std::string file;
  for (std::size_t i = 0; i < kAnchorSlots; ++i) file += slot;
  return ReplaceFile(env, directory, std::string(kAnchorName), file);
}

Result<FoundAnchor> ReadAnchor(rocksdb::Env& env, const std::string& directory) {
  std::string file;
  const rocksdb::Status status = rocksdb::ReadFileToString(&env, PathIn(directory), &file);
  if (IsDamage(status)) return Error::Of(ErrorCode::kInternal, "is missing");
  if (!status.ok()) return Error::Unavailable("ANCHOR: cannot be read (" + status.ToString() + ")");
  auto found = NewestAnchor(file);
  if (!found) return Error::Of(ErrorCode::kInternal, "is damaged");
  return std::move(*found);
}

AnchorFile::AnchorFile(rocksdb::Env& env, std::string directory)
    : env_(env), directory_(std::move(directory)), thread_([this] { SyncWrites(); }) {}

Status AnchorFile::Restart(Anchor anchor) {
  const MutexLock lock(mutex_);
  anchor.closed = false;
  anchor.generation = std::max(anchor.generation, anchor_.generation) + 1;
  if (auto written = WriteAnchor(env_, directory_, anchor); !written.ok()) return written;
  std::unique_ptr<rocksdb::RandomRWFile> file;
  status_ = env_.NewRandomRWFile(PathIn(directory_), &file, rocksdb::EnvOptions());
  if (!status_.ok()) {
    return Error::Unavailable("cannot be written (ANCHOR: " + status_.ToString() + ")");
  }
  file_ = std::move(file);
  ++restarts_;
  anchor_ = std::move(anchor);
  durable_ = 0;
  written_ = 1;
  unsynced_ = false;
  return Done{};
}

AnchorFile::~AnchorFile() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
  thread_.join();
}

rocksdb::Status AnchorFile::Write(std::uint64_t sequence, std::uint64_t position,
                                  const std::string& newest_key,
                                  const Sha256Digest& newest_digest) {
  const MutexLock lock(mutex_);
  anchor_.sequence = sequence;
  anchor_.position = position;
  anchor_.newest_key = newest_key;
  anchor_.newest_digest = newest_digest;
  return WriteSlot();
}

rocksdb::Status AnchorFile::WriteFiles(std::uint64_t manifest_number, std::uint64_t manifest_bytes,
                                       std::uint64_t wal_number) {
  const MutexLock lock(mutex_);
  const bool same = anchor_.manifest_number == manifest_number &&
                    anchor_.manifest_bytes == manifest_bytes && anchor_.wal_number == wal_number;
  if (same) return status_;
  anchor_.manifest_number = manifest_number;
  anchor_.manifest_bytes = manifest_bytes;
  anchor_.wal_number = wal_number;
  return WriteSlot();
}

Anchor AnchorFile::current() const {
  const MutexLock lock(mutex_);
  return anchor_;
}

std::uint64_t AnchorFile::restarts() const {
  const MutexLock lock(mutex_);
  return restarts_;
}

std::uint64_t AnchorFile::syncs() const {
  const MutexLock lock(mutex_);
  return syncs_;
}

std::size_t AnchorFile::durable_slot() const {
  const MutexLock lock(mutex_);
  return durable_;
}

rocksdb::Status AnchorFile::WriteSlot() {
  if (!status_.ok()) return status_;
  ++anchor_.generation;
  status_ = file_->Write(written_ * kAnchorSlotBytes, EncodeAnchor(anchor_));
  if (!unsynced_) changed_.NotifyAll();
  unsynced_ = true;
  return status_;
}

void AnchorFile::SyncWrites() {
  MutexLock lock(mutex_);
  while (true) {
    changed_.Wait(
        mutex_, [&]() USERS_REQUIRES(mutex_) { return stopping_ || (unsynced_ && status_.ok()); });
    if (!unsynced_ || !status_.ok()) return;
    unsynced_ = false;
    const std::size_t synced = written_;
    written_ = kAnchorSlots - durable_ - synced;  // the third slot: the numbers add up to three
    const std::uint64_t restarts = restarts_;
    const auto file = file_;
    lock.Unlock();
    const rocksdb::Status status = file->Sync();
    lock.Lock();
    if (restarts != restarts_) continue;
    if (status.ok()) {
      durable_ = synced;
      ++syncs_;
    } else {
      status_ = status;
    }
    changed_.WaitFor(mutex_, kSyncInterval, [&]() USERS_REQUIRES(mutex_) { return stopping_; });
  }
}

}  // namespace users::storage::local
