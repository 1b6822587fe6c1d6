#pragma once

#include <rocksdb/env.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "base/log.h"
#include "domain/role_catalogue.h"
#include "service/user_records.h"
#include "storage/local/local_store.h"
#include "support/memory_sink.h"
#include "support/temporary_directory.h"
#include "support/unreliable_file_system.h"

namespace users::testing {

// A store on an unreliable disk. Its buffers are so small that it switches logs and writes files
// all the time. Open is not thread-safe.
class StoreOnDisk {
 public:
  StoreOnDisk() {
    options_.directory = directory_ / "data";
    options_.feed_partition_prefix = service::kFeedPartitionPrefix;
    options_.ttl_attribute = service::kTtlAttribute;
    options_.memtable_bytes = 256 << 10;
    options_.block_cache_bytes = 256 << 10;
    options_.row_cache_bytes = 64 << 10;
    options_.env = env_.get();
  }

  // Opens the store. Returns null if that fails; `logged` then contains the reason.
  std::unique_ptr<storage::local::LocalStore> Open() {
    auto opened = storage::local::LocalStore::Open(options_, clock_, log_);
    if (opened.ok()) return std::move(*opened);
    log_.Error("not_opened").Text("reason", opened.error().message);
    return nullptr;
  }

  storage::local::LocalStoreOptions& options() { return options_; }  // for the next Open
  UnreliableFileSystem& disk() { return *disk_; }
  const Clock& clock() const { return clock_; }
  const Log& log() const { return log_; }
  const domain::RoleCatalogue& roles() const { return roles_; }
  std::string logged() const { return sink_.text(); }

 private:
  const std::shared_ptr<UnreliableFileSystem> disk_ = std::make_shared<UnreliableFileSystem>();
  const std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(disk_);
  TemporaryDirectory directory_;
  const SystemClock clock_;
  MemorySink sink_;
  const Log log_{sink_, clock_, LogLevel::kInfo};
  const domain::RoleCatalogue roles_ =
      std::move(*domain::RoleCatalogue::Parse(domain::DefaultRoleCatalogue()));
  storage::local::LocalStoreOptions options_;
};

// The number in the environment variable `name`, or `otherwise` if it is not set.
inline std::uint64_t FromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace users::testing
