#pragma once

#include <sys/types.h>

#include <string>

#include "base/result.h"

namespace users::maintenance {

// The owner of a file.
struct FileOwner {
  uid_t user = 0;
  gid_t group = 0;
};

// Returns the owner of a file or directory. An error's message has the reason, without the path.
Result<FileOwner> OwnerOf(const std::string& path);

// Changes the owner of a directory and its whole content to `owner`, durably, if this process runs
// as root; does nothing otherwise. It follows no links. An error's message names the file.
Status GiveTree(const std::string& directory, const FileOwner& owner);

}  // namespace users::maintenance
