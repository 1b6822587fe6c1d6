#include "storage/local/engine_log.h"

#include <array>
#include <cstdio>

#include "base/text.h"

namespace users::storage::local {
namespace {

constexpr std::size_t kMostBytesOfAMessage = 1000;

}  // namespace

void EngineLog::Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) {
  if (!speaks_ || level < rocksdb::WARN_LEVEL || level == rocksdb::HEADER_LEVEL) return;
  std::array<char, kMostBytesOfAMessage> text;
  if (std::vsnprintf(text.data(), text.size(), format, arguments) < 0) return;
  const std::string_view message =
      TrimIf(std::string_view(text.data()), [](char c) { return c == ' ' || c == '\n'; });
  if (level == rocksdb::WARN_LEVEL) {
    log_.Warning("storage_engine").Text("message", message);
  } else {
    log_.Error("storage_engine").Text("message", message);
  }
}

}  // namespace users::storage::local
