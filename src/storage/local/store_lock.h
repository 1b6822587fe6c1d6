#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace users::storage::local {

// Prevents servers from starting on a directory while it is being read. Needs no permission to
// write. It has no effect if the lock file does not exist, as in a copy, or if the file system has
// no locks.
class ReadLock {
 public:
  // Takes a shared lock on db/LOCK. Error kUnavailable: a process has the directory open for
  // writing.
  static Result<std::unique_ptr<ReadLock>> Acquire(const std::string& directory);
  ~ReadLock();
  ReadLock(const ReadLock&) = delete;
  ReadLock& operator=(const ReadLock&) = delete;

 private:
  explicit ReadLock(int file_descriptor) : file_descriptor_(file_descriptor) {}
  int file_descriptor_;
};

// Returns the error for a directory that another process has open.
Error InUse();

}  // namespace users::storage::local
