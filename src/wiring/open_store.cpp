#include "wiring/open_store.h"

#include "service/idempotency.h"
#include "service/user_records.h"

namespace users::wiring {

Result<std::unique_ptr<storage::local::LocalStore>> OpenStore(const std::string& data_directory,
                                                              const Clock& clock, const Log& log) {
  storage::local::LocalStoreOptions options;
  options.directory = data_directory;
  options.feed_partition_prefix = service::kAuditPartitionPrefix;
  options.ttl_attribute = service::kTtlAttribute;
  return storage::local::LocalStore::Open(options, clock, log);
}

}  // namespace users::wiring
