#pragma once

#include <sys/types.h>

#include <string>

#include "base/result.h"

namespace users::wiring {

struct FileOwner {
  uid_t user = 0;
  gid_t group = 0;
};

// Whose file or directory it is. An error's message says why that is not known, without the path.
Result<FileOwner> OwnerOf(const std::string& path);

// Gives a directory with all that is in it to `owner`, durably, if this process runs as root; does
// nothing otherwise. It follows no links. An error's message names the file.
Status GiveTree(const std::string& directory, const FileOwner& owner);

}  // namespace users::wiring
