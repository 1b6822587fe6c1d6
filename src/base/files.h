#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/file_descriptor.h"
#include "base/result.h"

// Errors are kUnavailable. Their message says why something failed, without the path: callers know
// the option or the role of the file, which says more. Configuration, keys and data of our own are
// read and opened by base/trusted_files.h.
namespace users {

inline constexpr std::size_t kMaxFileBytes = 64 << 20;

// Reads a whole regular file of at most `max_bytes`. Anything else (a FIFO, a device, a directory)
// is rejected without waiting for it.
Result<std::string> ReadFile(const std::string& path, std::size_t max_bytes = kMaxFileBytes);

// The two steps of ReadFile: opens a regular file for reading, and reads the rest of an open file.
Result<FileDescriptor> OpenRegularFile(const std::string& path);
Result<std::string> ReadAll(int file_descriptor, std::size_t max_bytes);

// Writes the whole content to a blocking descriptor, with as many calls as necessary.
Status WriteAll(int file_descriptor, std::string_view content);

// Replaces a file in one step that survives a power loss: written beside it, synced, renamed, and
// the directory synced. A reader sees the old content or the new one.
Status WriteFileAtomically(const std::string& path, std::string_view content, mode_t mode);

// Copies a file's content to a new file of mode 0600 and syncs it. The caller must sync the
// directory. Returns the size in bytes.
Result<std::uint64_t> CopyFileDurably(const std::string& from, const std::string& to);

// Creates a directory of mode 0700 and its parents if they do not exist, and checks that this
// process may create files in it.
Status MakePrivateDirectory(const std::string& path);

// Syncs a directory, so that files created, renamed or removed in it are durable.
Status SyncDirectory(const std::string& path);

// The text of errno, as "No such file or directory".
std::string ErrnoText();

}  // namespace users
