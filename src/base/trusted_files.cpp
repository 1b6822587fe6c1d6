#include "base/trusted_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>

namespace users {
namespace {

constexpr mode_t kAllBits = 07777;
constexpr int kMaxAncestors = 1024;

Error Failed() {
  return Error::Unavailable(ErrnoText());
}

std::string InOctal(mode_t mode) {
  std::array<char, 16> text;
  std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode & kAllBits));
  return text.data();
}

Status CheckOwnerAndMode(const struct stat& about) {
  const uid_t us = ::geteuid();
  if (about.st_uid != us && about.st_uid != 0) {
    return Error::Unavailable("belongs to another user (id " + std::to_string(about.st_uid) +
                              "); chown it to root or to the user that runs this program (id " +
                              std::to_string(us) + ")");
  }
  if ((about.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return Error::Unavailable("group or others can write to it (mode " + InOctal(about.st_mode) +
                              "); run chmod go-w on it");
  }
  return Done{};
}

Error NotRegular(mode_t mode) {
  return Error::Unavailable(S_ISDIR(mode) ? "Is a directory" : "is not a regular file");
}

// A user who may write to a directory may rename its entries, unless the sticky bit prevents that.
Status CheckAncestors(const FileDescriptor& directory) {
  FileDescriptor at(::openat(directory.get(), ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  struct stat about {};
  if (!at.is_open() || ::fstat(at.get(), &about) != 0) return Failed();
  for (int i = 0; i < kMaxAncestors; ++i) {
    FileDescriptor parent(::openat(at.get(), "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
    struct stat above {};
    if (!parent.is_open() && errno == EACCES) break;  // reached through the working directory
    if (!parent.is_open() || ::fstat(parent.get(), &above) != 0) return Failed();
    if (above.st_dev == about.st_dev && above.st_ino == about.st_ino) break;  // the root
    if ((above.st_mode & S_IWOTH) != 0 && (above.st_mode & S_ISVTX) == 0) {
      std::error_code unknown;
      const std::string path =
          std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(parent.get()), unknown);
      return Error::Unavailable("others can write to the directory above it, " + path + " (mode " +
                                InOctal(above.st_mode) + "); run chmod o-w on that directory");
    }
    at = std::move(parent);
    about = above;
  }
  return Done{};
}

}  // namespace

Result<TrustedFile> ReadTrustedFile(const std::string& path, std::size_t max_bytes) {
  auto file = OpenRegularFile(path);
  if (!file.ok()) return std::move(file.error());
  struct stat about {};
  if (::fstat(file->get(), &about) != 0) return Failed();
  if (auto checked = CheckOwnerAndMode(about); !checked.ok()) return std::move(checked.error());
  auto content = ReadAll(file->get(), max_bytes);
  if (!content.ok()) return std::move(content.error());
  TrustedFile read;
  read.content = std::move(*content);
  read.others_can_read = (about.st_mode & S_IROTH) != 0;
  return read;
}

Result<FileDescriptor> OpenTrustedLog(const std::string& path) {
  constexpr int kFlags =
      O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  FileDescriptor file(::open(path.c_str(), kFlags, S_IRUSR | S_IWUSR));
  if (!file.is_open() && errno == ELOOP) {
    return Error::Unavailable("is a symbolic link; put a regular file in its place, or remove it");
  }
  struct stat about {};
  if (!file.is_open() || ::fstat(file.get(), &about) != 0) return Failed();
  if (!S_ISREG(about.st_mode)) return NotRegular(about.st_mode);
  if (auto checked = CheckOwnerAndMode(about); !checked.ok()) return std::move(checked.error());
  return file;
}

Result<FileDescriptor> OpenTrustedDirectory(const std::string& path) {
  FileDescriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat about {};
  if (!directory.is_open() || ::fstat(directory.get(), &about) != 0) return Failed();
  if (auto checked = CheckOwnerAndMode(about); !checked.ok()) return std::move(checked.error());
  if (auto checked = CheckAncestors(directory); !checked.ok()) return std::move(checked.error());
  return directory;
}

Status CheckTrustedEntry(const FileDescriptor& directory, const std::string& name) {
  struct stat about {};
  if (::fstatat(directory.get(), name.c_str(), &about, AT_SYMLINK_NOFOLLOW) != 0) {
    return errno == ENOENT ? Status(Done{}) : Status(Failed());
  }
  if (!S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode)) {
    return Error::Unavailable("is neither a regular file nor a directory");
  }
  return CheckOwnerAndMode(about);
}

bool OthersCanRead(const std::string& path) {
  struct stat about {};
  return ::stat(path.c_str(), &about) == 0 && (about.st_mode & S_IROTH) != 0;
}

}  // namespace users
