#include "maintenance/file_owner.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/files.h"

namespace users::maintenance {
namespace {

namespace fs = std::filesystem;

Status Give(const fs::path& path, const FileOwner& owner) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  const bool given = fd >= 0 && ::fchown(fd, owner.user, owner.group) == 0 && ::fsync(fd) == 0;
  const std::string reason = given ? "" : ErrnoText();
  if (fd >= 0) ::close(fd);
  if (given) return Done{};
  return Error::Unavailable(path.filename().string() + ": cannot be given to its owner (" + reason +
                            ")");
}

}  // namespace

Result<FileOwner> OwnerOf(const std::string& path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) return Error::Unavailable(ErrnoText());
  return FileOwner{about.st_uid, about.st_gid};
}

Status GiveTree(const std::string& directory, const FileOwner& owner) {
  if (::geteuid() != 0) return Done{};
  std::error_code error;
  for (fs::recursive_directory_iterator it(directory, error), end; !error && it != end;
       it.increment(error)) {
    if (auto given = Give(it->path(), owner); !given.ok()) return given;
  }
  if (error) return Error::Unavailable(error.message());
  return Give(directory, owner);
}

}  // namespace users::maintenance
