#pragma once

#include <rocksdb/env.h>

#include <atomic>
#include <cstdarg>
#include <mutex>
#include <string>

#include "base/log.h"

namespace users::storage::local {

// Where RocksDB says what goes wrong: in the server's log, as `storage_engine`. Its own, a file
// beside the data, ends the process when the disk takes no more of it (an assertion of 7.8). What
// is less than a warning is dropped. Thread-safe.
class EngineLog final : public rocksdb::Logger {
 public:
  // Silent at first: the status of opening says what is wrong. `log` outlives this.
  explicit EngineLog(const Log& log) : Logger(rocksdb::WARN_LEVEL), log_(log) {}
  void Speak() { speaks_ = true; }

  // The first message of the silent time that names a file; empty if there was none.
  std::string first_complaint() const;

  using Logger::Logv;
  void Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) override;

 private:
  const Log& log_;
  std::atomic<bool> speaks_{false};
  mutable std::mutex mutex_;
  std::string first_complaint_;
};

}  // namespace users::storage::local
