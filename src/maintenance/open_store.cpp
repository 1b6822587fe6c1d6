#include "maintenance/open_store.h"

#include <algorithm>

#include "base/file_limit.h"
#include "service/idempotency.h"
#include "service/user_records.h"

namespace users::maintenance {
namespace {

constexpr std::size_t kMinOpenTables = 20;
constexpr std::size_t kMaxOpenTables = 1'000;

storage::local::LocalStoreOptions OptionsOf(const std::string& data_directory) {
  storage::local::LocalStoreOptions options;
  options.directory = data_directory;
  options.feed_partition_prefix = service::kFeedPartitionPrefix;
  options.ttl_attribute = service::kTtlAttribute;
  options.max_open_tables = static_cast<int>(MaxOpenTables(FileLimit()));
  return options;
}

}  // namespace

std::size_t MaxOpenTables(std::size_t file_limit) {
  return std::clamp(file_limit * 3 / 10, kMinOpenTables, kMaxOpenTables);
}

Result<std::unique_ptr<storage::local::LocalStore>> OpenStore(const std::string& data_directory,
                                                              const Clock& clock, const Log& log,
                                                              bool accept_older) {
  storage::local::LocalStoreOptions options = OptionsOf(data_directory);
  options.accept_older = accept_older;
  return storage::local::LocalStore::Open(options, clock, log);
}

Result<std::unique_ptr<storage::local::LocalStore>> OpenStoreForReading(
    const std::string& data_directory, const Clock& clock, const Log& log) {
  return storage::local::LocalStore::OpenForReading(OptionsOf(data_directory), clock, log);
}

}  // namespace users::maintenance
