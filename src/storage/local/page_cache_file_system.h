#pragma once

#include <chrono>
#include <memory>

namespace rocksdb {
class FileSystem;
}

namespace users::storage::local {

// Use it as rocksdb::ReadOptions::io_timeout: the file is read from the kernel's page cache only,
// and the read fails with TimedOut if it would have to wait for the disk.
inline constexpr std::chrono::microseconds kFromMemoryOnly{1};

// Returns the machine's file system with support for kFromMemoryOnly (preadv2(2), RWF_NOWAIT; on a
// file system without it, such reads always time out). Any other time-out is ignored.
std::shared_ptr<rocksdb::FileSystem> MakePageCacheFileSystem();

}  // namespace users::storage::local
