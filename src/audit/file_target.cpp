#include "audit/file_target.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "base/files.h"
#include "base/trusted_files.h"

namespace users::audit {
namespace {

Error Failed(std::string_view doing) {
  return Error::Unavailable("cannot " + std::string(doing) + " the event file (" + ErrnoText() +
                            ")");
}

// Finds the end of the last whole line, cuts off what follows, and returns that position.
Result<off_t> CutTornLine(int fd) {
  struct stat about {};
  if (::fstat(fd, &about) != 0) return Failed("read");
  off_t end = about.st_size;
  std::string buffer(64 << 10, '\0');
  while (end > 0) {
    const off_t from =
        end > static_cast<off_t>(buffer.size()) ? end - static_cast<off_t>(buffer.size()) : 0;
    const ssize_t got = ::pread(fd, buffer.data(), static_cast<std::size_t>(end - from), from);
    if (got != end - from) return Failed("read");
    const std::size_t newline =
        std::string_view(buffer.data(), static_cast<std::size_t>(got)).rfind('\n');
    if (newline != std::string_view::npos) {
      end = from + static_cast<off_t>(newline) + 1;
      break;
    }
    end = from;
  }
  if (end != about.st_size && ::ftruncate(fd, end) != 0) return Failed("truncate");
  return end;
}

class FileTarget final : public EventTarget {
 public:
  explicit FileTarget(std::string path) : path_(std::move(path)) {}
  // Opens the file that the path names now, in place of the previous one.
  Status Open() {
    auto file = OpenTrustedLog(path_);
    if (!file.ok()) {
      return Error::Unavailable("the event file " +
                                std::filesystem::path(path_).filename().string() + ": " +
                                file.error().message);
    }
    const auto end = CutTornLine(file->get());
    if (!end.ok()) return end.error();
    auto synced = SyncDirectory(std::filesystem::path(path_).parent_path());
    if (!synced.ok()) return synced;
    file_ = std::move(*file);
    size_ = *end;
    return Done{};
  }

  Status Deliver(const std::vector<std::string>& envelopes) override {
    struct stat opened {};
    if (::fstat(file_.get(), &opened) != 0) return Failed("read");
    size_ = std::min(size_, opened.st_size);  // rotation by copying truncates the file
    // An earlier, failed delivery may have left a partial line.
    if (torn_ && ::ftruncate(file_.get(), size_) != 0) return Failed("truncate");
    torn_ = false;
    struct stat named {};
    const bool is_there = ::lstat(path_.c_str(), &named) == 0 && named.st_dev == opened.st_dev &&
                          named.st_ino == opened.st_ino;
    if (!is_there) {
      if (auto reopened = Open(); !reopened.ok()) return reopened;
    }

    std::string lines;
    for (const std::string& envelope : envelopes) {
      lines += envelope;
      lines += '\n';
    }
    torn_ = true;
    if (!WriteAll(file_.get(), lines).ok()) return Failed("write");
    if (::fdatasync(file_.get()) != 0) return Failed("sync");
    torn_ = false;
    size_ += static_cast<off_t>(lines.size());
    return Done{};
  }

 private:
  const std::string path_;
  FileDescriptor file_;
  off_t size_ = 0;     // the file holds whole, delivered lines up to here
  bool torn_ = false;  // there may be a partial line beyond
};

}  // namespace

Result<std::unique_ptr<EventTarget>> OpenFileTarget(const std::string& path) {
  auto target = std::make_unique<FileTarget>(path);
  if (auto opened = target->Open(); !opened.ok()) return std::move(opened.error());
  return std::unique_ptr<EventTarget>(std::move(target));
}

}  // namespace users::audit
