#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "base/log.h"

namespace users::testing {

// Keeps what is logged.
class MemorySink final : public LogSink {
 public:
  void Write(std::string_view line) override {
    const std::lock_guard lock(mutex_);
    text_ += line;
  }
  std::string text() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

}  // namespace users::testing
