#include "wiring/open_store.h"

#include <filesystem>

#include "service/idempotency.h"
#include "service/user_records.h"

namespace users::wiring {
namespace {

namespace fs = std::filesystem;

// RocksDB takes a directory without the file CURRENT for a new database, and would remove what it
// finds there.
bool HasLostCurrent(const fs::path& database) {
  std::error_code error;
  if (fs::exists(database / "CURRENT", error)) return false;
  for (const auto& entry : fs::directory_iterator(database, error)) {
    const std::string name = entry.path().filename();
    if (name.ends_with(".sst") || name.starts_with("MANIFEST-")) return true;
  }
  return false;
}

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
  if (HasLostCurrent(data_directory + "/db")) {
    return Error::Of(ErrorCode::kInternal,
                     "cannot be opened (the file db/CURRENT is missing, others are there)");
  }
  return storage::local::LocalStore::Open(OptionsOf(data_directory), clock, log);
}

Result<std::unique_ptr<storage::local::LocalStore>> OpenStoreForReading(
    const std::string& data_directory, const Clock& clock, const Log& log) {
  return storage::local::LocalStore::OpenForReading(OptionsOf(data_directory), clock, log);
}

Result<std::unique_ptr<storage::local::LocalStore>> OpenExistingStore(
    const std::string& data_directory, const Clock& clock, const Log& log) {
  std::error_code error;
  const bool has_format = fs::exists(data_directory + "/FORMAT", error);
  const bool has_database = fs::exists(data_directory + "/db/CURRENT", error);
  if (!has_format && !has_database) return Error::Unavailable("holds no store");
  if (!has_format || !has_database) {
    return Error::Of(ErrorCode::kInternal, "cannot be opened (the file " +
                                               std::string(has_format ? "db/CURRENT" : "FORMAT") +
                                               " is missing)");
  }
  return OpenStore(data_directory, clock, log);
}

}  // namespace users::wiring
