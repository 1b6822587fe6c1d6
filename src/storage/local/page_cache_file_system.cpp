#include "storage/local/page_cache_file_system.h"

#include <fcntl.h>
#include <rocksdb/file_system.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace users::storage::local {
namespace {

using rocksdb::IOStatus;

class RandomAccessFile final : public rocksdb::FSRandomAccessFile {
 public:
  RandomAccessFile(int file_descriptor, std::string name)
      : file_descriptor_(file_descriptor), name_(std::move(name)) {}
  ~RandomAccessFile() override { ::close(file_descriptor_); }
  RandomAccessFile(const RandomAccessFile&) = delete;
  RandomAccessFile& operator=(const RandomAccessFile&) = delete;

  IOStatus Read(std::uint64_t offset, std::size_t size, const rocksdb::IOOptions& options,
                rocksdb::Slice* result, char* scratch, rocksdb::IODebugContext*) const override {
    *result = rocksdb::Slice();
    const bool from_memory_only = options.timeout == kFromMemoryOnly;
    std::size_t have = 0;
    while (have < size) {
      const iovec rest{scratch + have, size - have};
      const ssize_t got = ::preadv2(file_descriptor_, &rest, 1, static_cast<off_t>(offset + have),
                                    from_memory_only ? RWF_NOWAIT : 0);
      if (got == 0) break;  // the end of the file
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && (errno == EAGAIN || errno == EOPNOTSUPP)) return IOStatus::TimedOut();
      if (got < 0) return IOStatus::IOError(name_, std::generic_category().message(errno));
      have += static_cast<std::size_t>(got);
    }
    *result = rocksdb::Slice(scratch, have);
    return IOStatus::OK();
  }

  void Hint(AccessPattern pattern) override {
    const int advice = pattern == kRandom       ? POSIX_FADV_RANDOM
                       : pattern == kSequential ? POSIX_FADV_SEQUENTIAL
                                                : POSIX_FADV_NORMAL;
    ::posix_fadvise(file_descriptor_, 0, 0, advice);
  }

 private:
  const int file_descriptor_;
  const std::string name_;
};

class PageCacheFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  PageCacheFileSystem() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "PageCacheFileSystem"; }

  IOStatus NewRandomAccessFile(const std::string& name, const rocksdb::FileOptions&,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                               rocksdb::IODebugContext*) override {
    const int file_descriptor = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
    if (file_descriptor < 0) {
      const std::string reason = std::generic_category().message(errno);
      return errno == ENOENT ? IOStatus::PathNotFound(name, reason)
                             : IOStatus::IOError(name, reason);
    }
    *result = std::make_unique<RandomAccessFile>(file_descriptor, name);
    return IOStatus::OK();
  }
};

}  // namespace

std::shared_ptr<rocksdb::FileSystem> MakePageCacheFileSystem() {
  return std::make_shared<PageCacheFileSystem>();
}

}  // namespace users::storage::local
