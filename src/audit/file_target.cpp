#include "audit/file_target.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string_view>

#include "base/files.h"

namespace users::audit {
namespace {

class FileTarget final : public EventTarget {
 public:
  explicit FileTarget(int fd) : fd_(fd) {}
  ~FileTarget() override { ::close(fd_); }
  FileTarget(const FileTarget&) = delete;
  FileTarget& operator=(const FileTarget&) = delete;

  // Finds the end of the last whole line and cuts off what follows.
  Status CutTornLine() {
    struct stat about {};
    if (::fstat(fd_, &about) != 0) return Failed("read");
    off_t end = about.st_size;
    std::string buffer(64 << 10, '\0');
    while (end > 0) {
      const off_t from =
          end > static_cast<off_t>(buffer.size()) ? end - static_cast<off_t>(buffer.size()) : 0;
      const ssize_t got = ::pread(fd_, buffer.data(), static_cast<std::size_t>(end - from), from);
      if (got != end - from) return Failed("read");
      const std::size_t newline =
          std::string_view(buffer.data(), static_cast<std::size_t>(got)).rfind('\n');
      if (newline != std::string_view::npos) {
        end = from + static_cast<off_t>(newline) + 1;
        break;
      }
      end = from;
    }
    if (end != about.st_size && ::ftruncate(fd_, end) != 0) return Failed("truncate");
    size_ = end;
    return Done{};
  }

  Status Deliver(const std::vector<std::string>& envelopes) override {
    std::string lines;
    for (const std::string& envelope : envelopes) {
      lines += envelope;
      lines += '\n';
    }
    // Whatever an earlier, failed delivery left behind.
    if (torn_ && ::ftruncate(fd_, size_) != 0) return Failed("truncate");
    torn_ = true;
    std::string_view rest = lines;
    while (!rest.empty()) {
      const ssize_t written = ::write(fd_, rest.data(), rest.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return Failed("write");
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fdatasync(fd_) != 0) return Failed("sync");
    torn_ = false;
    size_ += static_cast<off_t>(lines.size());
    return Done{};
  }

 private:
  static Error Failed(std::string_view doing) {
    return Error::Unavailable("cannot " + std::string(doing) + " the event file (" + ErrnoText() +
                              ")");
  }

  const int fd_;
  off_t size_ = 0;     // up to here the file holds whole, delivered lines
  bool torn_ = false;  // there may be something beyond
};

}  // namespace

Result<std::unique_ptr<EventTarget>> OpenFileTarget(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return Error::Unavailable("cannot be opened (" + ErrnoText() + ")");
  auto target = std::make_unique<FileTarget>(fd);
  if (auto cut = target->CutTornLine(); !cut.ok()) return std::move(cut.error());
  if (auto synced = SyncDirectory(std::filesystem::path(path).parent_path()); !synced.ok()) {
    return std::move(synced.error());
  }
  return std::unique_ptr<EventTarget>(std::move(target));
}

}  // namespace users::audit
