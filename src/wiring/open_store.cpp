#include "wiring/open_store.h"

#include <filesystem>

#include "service/idempotency.h"
#include "service/user_records.h"
#include "wiring/file_budget.h"

namespace users::wiring {
namespace {

storage::local::LocalStoreOptions OptionsOf(const std::string& data_directory) {
  storage::local::LocalStoreOptions options;
  options.directory = data_directory;
  options.feed_partition_prefix = service::kAuditPartitionPrefix;
  options.ttl_attribute = service::kTtlAttribute;
  options.max_open_tables = static_cast<int>(OwnFileBudget().store_tables);
  return options;
}

}  // namespace

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

Result<std::unique_ptr<storage::local::LocalStore>> OpenExistingStore(
    const std::string& data_directory, const Clock& clock, const Log& log) {
  std::error_code error;
  const bool has_format = std::filesystem::exists(data_directory + "/FORMAT", error);
  const bool has_database = std::filesystem::exists(data_directory + "/db", error);
  if (!has_format && !has_database) return Error::Unavailable("holds no store");
  return OpenStore(data_directory, clock, log);
}

}  // namespace users::wiring
