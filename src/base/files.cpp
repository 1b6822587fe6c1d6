#include "base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace users {
namespace {

// The flags for files that we write. They always create a new file and never open one that exists
// already.
constexpr int kCreateNew = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;

Error Failed() {
  return Error::Unavailable(ErrnoText());
}

}  // namespace

Status WriteAll(int file_descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(file_descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed();
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return Done{};
}

std::string ErrnoText() {
  return std::generic_category().message(errno);
}

Result<FileDescriptor> OpenRegularFile(const std::string& path) {
  // Without O_NONBLOCK, opening a FIFO that has no writer would block.
  constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  FileDescriptor file(::open(path.c_str(), kFlags));
  struct stat about {};
  if (!file.is_open() || ::fstat(file.get(), &about) != 0) return Failed();
  if (S_ISREG(about.st_mode)) return file;
  if (S_ISDIR(about.st_mode)) errno = EISDIR;
  return S_ISDIR(about.st_mode) ? Failed() : Error::Unavailable("is not a regular file");
}

Result<std::string> ReadAll(int file_descriptor, std::size_t max_bytes) {
  std::string content;
  std::string buffer(64 << 10, '\0');
  while (true) {
    const ssize_t got = ::read(file_descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed();
    if (got == 0) return content;
    content.append(buffer, 0, static_cast<std::size_t>(got));
    if (content.size() > max_bytes) return Error::Unavailable("File too large");
  }
}

Result<std::string> ReadFile(const std::string& path, std::size_t max_bytes) {
  const auto file = OpenRegularFile(path);
  if (!file.ok()) return file.error();
  return ReadAll(file->get(), max_bytes);
}

Status WriteFileAtomically(const std::string& path, std::string_view content, mode_t mode) {
  const std::string temporary = path + ".new";
  ::unlink(temporary.c_str());
  {
    const FileDescriptor file(::open(temporary.c_str(), kCreateNew, mode));
    if (file.get() < 0) return Failed();
    auto written = WriteAll(file.get(), content);
    if (written.ok() && ::fsync(file.get()) != 0) written = Failed();
    if (!written.ok()) {
      ::unlink(temporary.c_str());
      return written;
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const Error failed = Failed();
    ::unlink(temporary.c_str());
    return failed;
  }
  return SyncDirectory(std::filesystem::path(path).parent_path());
}

Result<std::uint64_t> CopyFileDurably(const std::string& from, const std::string& to) {
  const auto source = OpenRegularFile(from);
  if (!source.ok()) return source.error();
  const FileDescriptor target(::open(to.c_str(), kCreateNew, S_IRUSR | S_IWUSR));
  if (!target.is_open()) return Failed();
  std::string buffer(1 << 20, '\0');
  std::uint64_t size = 0;
  while (true) {
    const ssize_t got = ::read(source->get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed();
    if (got == 0) break;
    auto written =
        WriteAll(target.get(), std::string_view(buffer.data(), static_cast<std::size_t>(got)));
    if (!written.ok()) return std::move(written.error());
    size += static_cast<std::uint64_t>(got);
  }
  if (::fsync(target.get()) != 0) return Failed();
  return size;
}

Status MakePrivateDirectory(const std::string& path) {
  std::error_code error;
  // With a trailing slash, the directory would count as its own parent and be created with any
  // mode.
  std::filesystem::path directory = std::filesystem::path(path).lexically_normal();
  if (!directory.has_filename()) directory = directory.parent_path();
  if (directory.has_parent_path())
    std::filesystem::create_directories(directory.parent_path(), error);
  if (error) return Error::Unavailable(error.message());
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return Failed();
  const FileDescriptor made(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!made.is_open()) return Failed();
  if (::faccessat(made.get(), ".", R_OK | W_OK | X_OK, AT_EACCESS) != 0) return Failed();
  return Done{};
}

Status SyncDirectory(const std::string& path) {
  const FileDescriptor directory(
      ::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || ::fsync(directory.get()) != 0) return Failed();
  return Done{};
}

}  // namespace users
