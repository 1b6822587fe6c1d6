#include "storage/local/engine_log.h"

#include <array>
#include <cstdio>

#include "base/text/text.h"
#include "storage/local/damage.h"

namespace users::storage::local {
namespace {

constexpr std::size_t kMaxMessageBytes = 1000;

}  // namespace

void EngineLog::Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) {
  if (level < rocksdb::WARN_LEVEL || level == rocksdb::HEADER_LEVEL) return;
  std::array<char, kMaxMessageBytes> text;
  if (std::vsnprintf(text.data(), text.size(), format, arguments) < 0) return;
  const std::string_view message =
      TrimIf(std::string_view(text.data()), [](char c) { return c == ' ' || c == '\n'; });
  if (!speaks_) {
    const MutexLock lock(mutex_);
    if (first_complaint_.empty() && !FileNamedIn(message).empty()) first_complaint_ = message;
    return;
  }
  if (level == rocksdb::WARN_LEVEL) {
    log_.Warning("storage_engine").Text("message", message);
  } else {
    log_.Error("storage_engine").Text("message", message);
  }
}

std::string EngineLog::first_complaint() const {
  const MutexLock lock(mutex_);
  return first_complaint_;
}

}  // namespace users::storage::local
