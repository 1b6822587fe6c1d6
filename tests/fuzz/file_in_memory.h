#pragma once

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "fuzz.h"

namespace users::fuzz {

// A file that exists only in memory, for parsers that read a path.
class FileInMemory {
 public:
  explicit FileInMemory(std::string_view content) : descriptor_(::memfd_create("fuzz", 0)) {
    // Parsers reject a file that other users may write to.
    PROMISE(descriptor_ >= 0 && ::fchmod(descriptor_, S_IRUSR | S_IWUSR) == 0);
    PROMISE(::write(descriptor_, content.data(), content.size()) ==
            static_cast<ssize_t>(content.size()));
  }
  ~FileInMemory() { ::close(descriptor_); }
  FileInMemory(const FileInMemory&) = delete;
  FileInMemory& operator=(const FileInMemory&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  const int descriptor_;
};

}  // namespace users::fuzz
