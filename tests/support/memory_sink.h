#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/mutex.h"

namespace users::testing {

// Keeps the lines of a log, so that tests can read them and wait for them. Thread-safe.
class MemorySink final : public LogSink {
 public:
  void Write(std::string_view line, LineKind) override {
    {
      const MutexLock lock(mutex_);
      lines_.emplace_back(line);
    }
    changed_.NotifyAll();
  }

  // Return the lines so far, separately or concatenated.
  std::vector<std::string> Lines() const {
    const MutexLock lock(mutex_);
    return lines_;
  }

  std::string text() const {
    std::string text;
    for (const std::string& line : Lines()) text += line;
    return text;
  }

  // Returns how many lines contain the text.
  std::size_t Count(std::string_view text) const {
    const MutexLock lock(mutex_);
    return CountLocked(text);
  }

  // Waits until at least `count` lines contain the text. Returns false after a time that no healthy
  // run needs.
  bool WaitFor(std::string_view text, std::size_t count = 1) const {
    MutexLock lock(mutex_);
    return changed_.WaitFor(mutex_, std::chrono::seconds(60),
                            [&]() USERS_REQUIRES(mutex_) { return CountLocked(text) >= count; });
  }

 private:
  std::size_t CountLocked(std::string_view text) const USERS_REQUIRES(mutex_) {
    std::size_t count = 0;
    for (const std::string& line : lines_) count += line.find(text) != line.npos ? 1 : 0;
    return count;
  }

  mutable Mutex mutex_;
  mutable ConditionVariable changed_;
  std::vector<std::string> lines_ USERS_GUARDED_BY(mutex_);
};

}  // namespace users::testing
