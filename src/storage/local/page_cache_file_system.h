#pragma once

#include <chrono>
#include <memory>

namespace rocksdb {
class FileSystem;
}

namespace users::storage::local {

// As rocksdb::ReadOptions::io_timeout: a read of a file that is answered from the kernel's page
// cache, or with TimedOut where it would have to wait for the disk.
inline constexpr std::chrono::microseconds kFromMemoryOnly{1};

// The machine's file system, with files that know kFromMemoryOnly (preadv2(2), RWF_NOWAIT; on a
// file system without it such reads always time out). Any other time-out is ignored.
std::shared_ptr<rocksdb::FileSystem> MakePageCacheFileSystem();

}  // namespace users::storage::local
