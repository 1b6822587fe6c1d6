#pragma once

#include <rocksdb/env.h>

#include <atomic>
#include <cstdarg>
#include <string>

#include "base/log.h"
#include "base/mutex.h"

namespace users::storage::local {

// Writes RocksDB's messages to the server's log, as `storage_engine`. RocksDB's own log file ends
// the process when the disk accepts no more of it (an assertion of 7.8). Messages below a warning
// are dropped. Thread-safe.
class EngineLog final : public rocksdb::Logger {
 public:
  // Silent until Speak(); opening reports its own failures. `log` must outlive this.
  explicit EngineLog(const Log& log) : Logger(rocksdb::WARN_LEVEL), log_(log) {}
  void Speak() { speaks_ = true; }

  // Returns the first message before Speak() that names a file; empty if there was none.
  std::string first_complaint() const;

  using Logger::Logv;
  void Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) override;

 private:
  const Log& log_;
  std::atomic<bool> speaks_{false};
  mutable Mutex mutex_;
  std::string first_complaint_ USERS_GUARDED_BY(mutex_);
};

}  // namespace users::storage::local
