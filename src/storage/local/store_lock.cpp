#include "storage/local/store_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace users::storage::local {
namespace {

// The lock belongs to the open file, not to the process: closing another descriptor does not
// release it.
bool LockWholeFile(int file_descriptor, int command, short type, struct flock& lock) {
  lock = {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return ::fcntl(file_descriptor, command, &lock) == 0;
}

}  // namespace

Result<std::unique_ptr<ReadLock>> ReadLock::Acquire(const std::string& directory) {
  const std::string path = directory + "/db/LOCK";
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  std::unique_ptr<ReadLock> taken(new ReadLock(file));
  if (file < 0) return taken;
  struct flock lock {};
  const bool known = LockWholeFile(file, F_OFD_GETLK, F_RDLCK, lock);
  if (known && lock.l_type != F_UNLCK) {
    // Closing any descriptor of the file would release the locks of RocksDB in this process.
    if (lock.l_pid == ::getpid()) taken->file_descriptor_ = -1;
    return InUse();
  }
  if (!LockWholeFile(file, F_OFD_SETLK, F_RDLCK, lock) && (errno == EAGAIN || errno == EACCES)) {
    return InUse();
  }
  return taken;
}

ReadLock::~ReadLock() {
  if (file_descriptor_ >= 0) ::close(file_descriptor_);
}

Error InUse() {
  return Error::Unavailable(
      "is in use by another process: stop that one, or name another directory");
}

}  // namespace users::storage::local
