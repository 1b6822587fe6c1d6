#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/file_descriptor.h"
#include "base/files.h"
#include "base/result.h"

// Files that this program trusts: its configuration, its keys, its own data. Such a file is trusted
// if it belongs to root or to the effective user of this process, and if neither group nor others
// may write to it. All checks use the open file, so it cannot be replaced after the check. Errors
// are kUnavailable; their message has the fault and the remedy, without the path.
namespace users {

// The content of a trusted file.
struct TrustedFile {
  std::string content;
  bool others_can_read = false;  // the mode lets everybody on the machine read it
};

// Reads a whole trusted file. Follows symlinks (Kubernetes and certbot use them) and checks their
// targets. Anything but a regular file is rejected without waiting for it.
Result<TrustedFile> ReadTrustedFile(const std::string& path, std::size_t max_bytes = kMaxFileBytes);

// Opens a trusted file for reading and appending, and creates it with mode 0600 if it does not
// exist. Follows no symlink at the end of the path.
Result<FileDescriptor> OpenTrustedLog(const std::string& path);

// Opens a trusted directory. Others may write to a directory above it only if that one is sticky,
// as /tmp is. Otherwise they could replace the directory.
Result<FileDescriptor> OpenTrustedDirectory(const std::string& path);

// Checks one entry of an open directory without following a symlink: a regular file or a directory
// that is trusted. An entry that does not exist passes.
Status CheckTrustedEntry(const FileDescriptor& directory, const std::string& name);

// Returns whether everybody on the machine may read the file; false if it does not exist.
bool OthersCanRead(const std::string& path);

}  // namespace users
