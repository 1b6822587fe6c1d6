#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"

namespace users::testing {

// Keeps the lines of a log, so that tests can read them and wait for them. Thread-safe.
class MemorySink final : public LogSink {
 public:
  void Write(std::string_view line, LineKind) override {
    {
      const std::lock_guard lock(mutex_);
      lines_.emplace_back(line);
    }
    changed_.notify_all();
  }

  // Return the lines so far, separately or concatenated.
  std::vector<std::string> Lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

  std::string text() const {
    std::string text;
    for (const std::string& line : Lines()) text += line;
    return text;
  }

  // Returns how many lines contain the text.
  std::size_t Count(std::string_view text) const {
    const std::lock_guard lock(mutex_);
    return CountLocked(text);
  }

  // Waits until at least `count` lines contain the text. Returns false after a time that no healthy
  // run needs.
  bool WaitFor(std::string_view text, std::size_t count = 1) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60),
                             [&] { return CountLocked(text) >= count; });
  }

 private:
  std::size_t CountLocked(std::string_view text) const {
    std::size_t count = 0;
    for (const std::string& line : lines_) count += line.find(text) != line.npos ? 1 : 0;
    return count;
  }

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<std::string> lines_;
};

}  // namespace users::testing
