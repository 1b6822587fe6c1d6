#include "maintenance/event_lines.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/files.h"

namespace users::maintenance {
namespace {

// An event has at most the values of `roles` and `status`: some kilobytes.
constexpr std::size_t kMaxLineBytes = 1 << 20;
constexpr std::size_t kReadBytes = 256 << 10;

class ReadableFile {
 public:
  // O_NONBLOCK: opening a pipe does not wait for its writer.
  explicit ReadableFile(const std::string& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~ReadableFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  ReadableFile(const ReadableFile&) = delete;
  ReadableFile& operator=(const ReadableFile&) = delete;

  Status Check() const {
    struct stat about {};
    if (fd_ < 0 || ::fstat(fd_, &about) != 0) return Error::Unavailable(ErrnoText());
    if (!S_ISREG(about.st_mode)) return Error::Unavailable("is not a file");
    return Done{};
  }

  bool SeekTo(std::uint64_t offset) const {
    return ::lseek(fd_, static_cast<off_t>(offset), SEEK_SET) >= 0;
  }

  // Returns the number of bytes read; 0 at the end.
  Result<std::size_t> Read(char* to, std::size_t size) const {
    while (true) {
      const ssize_t got = ::read(fd_, to, size);
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) return Error::Unavailable(ErrnoText());
    }
  }

 private:
  const int fd_;
};

}  // namespace

Status ForEachEventLine(const std::string& path, std::uint64_t from,
                        const std::function<bool(const EventLine&)>& visit) {
  const ReadableFile file(path);
  if (auto checked = file.Check(); !checked.ok()) return checked;
  if (!file.SeekTo(from)) return Error::Unavailable(ErrnoText());
  std::string buffer(kReadBytes, '\0');
  std::string begun;  // the beginning of a line that has no end yet
  bool too_long = false;
  EventLine line;
  line.offset = from;
  std::uint64_t next_offset = from;
  while (true) {
    const auto got = file.Read(buffer.data(), buffer.size());
    if (!got.ok()) return got.error();
    if (*got == 0) return Done{};
    std::string_view rest(buffer.data(), *got);
    for (std::size_t end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
      begun += rest.substr(0, end);
      rest.remove_prefix(end + 1);
      too_long = too_long || begun.size() > kMaxLineBytes;
      next_offset += begun.size() + 1;
      ++line.number;
      line.text = too_long ? std::string_view() : begun;
      if (!visit(line)) return Done{};
      line.offset = next_offset;
      begun.clear();
      too_long = false;
    }
    begun += rest;
    if (begun.size() > kMaxLineBytes) {
      next_offset += begun.size();
      begun.clear();
      too_long = true;
    }
  }
}

Status CanReadEvents(const std::string& path) {
  return ReadableFile(path).Check();
}

}  // namespace users::maintenance
