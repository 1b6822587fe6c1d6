// The storage contract on the embedded store.
#include "contract/table_store_contract.h"
#include "storage/local/local_store.h"
#include "support/memory_sink.h"
#include "support/temporary_directory.h"

namespace users::testing {
namespace {

class LocalStoreHolder final : public StoreHolder {
 public:
  LocalStoreHolder() : log_(sink_, clock_, LogLevel::kError) {
    storage::local::LocalStoreOptions options;
    options.directory = directory_ / "data";
    options.feed_partition_prefix = "AUDIT#";
    options.ttl_attribute = "ttl";
    store_ = std::move(*storage::local::LocalStore::Open(options, clock_, log_));
  }
  storage::TableStore& store() override { return *store_; }
  storage::TableScan& scan() override { return *store_; }

 private:
  TemporaryDirectory directory_;
  SystemClock clock_;
  MemorySink sink_;
  Log log_;
  std::unique_ptr<storage::local::LocalStore> store_;
};

INSTANTIATE_TEST_SUITE_P(Local, TableStoreContract,
                         ::testing::Values(StoreUnderTest{
                             "local", [] { return std::make_unique<LocalStoreHolder>(); }}),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace users::testing
