#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace users::storage::local {

// Keeps servers from a directory while somebody reads it, without the right to write. A file that
// does not exist, as in a copy, or a file system without locks keeps nobody away.
class ReadLock {
 public:
  // A shared lock on db/LOCK. Error kUnavailable: a process that writes has the directory open.
  static Result<std::unique_ptr<ReadLock>> Take(const std::string& directory);
  ~ReadLock();
  ReadLock(const ReadLock&) = delete;
  ReadLock& operator=(const ReadLock&) = delete;

 private:
  explicit ReadLock(int file_descriptor) : file_descriptor_(file_descriptor) {}
  int file_descriptor_;
};

// Why a directory that another process has open cannot be opened.
Error InUse();

}  // namespace users::storage::local
