#include "wiring/open_store.h"

#include "service/idempotency.h"
#include "service/user_records.h"

namespace users::wiring {
namespace {

storage::local::LocalStoreOptions OptionsOf(const std::string& data_directory) {
  storage::local::LocalStoreOptions options;
  options.directory = data_directory;
  options.feed_partition_prefix = service::kAuditPartitionPrefix;
  options.ttl_attribute = service::kTtlAttribute;
  return options;
}

}  // namespace

Result<std::unique_ptr<storage::local::LocalStore>> OpenStore(const std::string& data_directory,
                                                              const Clock& clock, const Log& log) {
  return storage::local::LocalStore::Open(OptionsOf(data_directory), clock, log);
}

Result<std::unique_ptr<storage::local::LocalStore>> OpenStoreForReading(
    const std::string& data_directory, const Clock& clock, const Log& log) {
  return storage::local::LocalStore::OpenForReading(OptionsOf(data_directory), clock, log);
}

}  // namespace users::wiring
