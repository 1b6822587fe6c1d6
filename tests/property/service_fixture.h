#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/ulid.h"
#include "domain/role_catalogue.h"
#include "service/user_service.h"
#include "storage/local/local_store.h"
#include "support/memory_sink.h"
#include "support/temporary_directory.h"

namespace users::testing {

// A user service on a store of its own, with a clock that obeys. The store can be closed and opened
// again, as a restart does.
class ServiceFixture {
 public:
  explicit ServiceFixture(std::uint32_t list_shards = 1)
      : list_shards_(list_shards), log_(sink_, clock_, LogLevel::kWarning) {
    Restart();
  }

  void Restart() {
    users_.reset();
    user_ids_.reset();
    store_.reset();
    storage::local::LocalStoreOptions options;
    options.directory = directory_ / "data";
    options.feed_partition_prefix = service::kAuditPartitionPrefix;
    options.ttl_attribute = service::kTtlAttribute;
    store_ = std::move(*storage::local::LocalStore::Open(options, clock_, log_));
    const auto greatest =
        store_->GreatestPartition(service::kProfilePartitionPrefix, service::kProfilePartitionSize);
    Ulid floor;
    if (greatest->has_value()) floor = *ParseUlid(std::string_view(**greatest).substr(5));
    user_ids_ = std::make_unique<UlidGenerator>(clock_, floor);
    service::UserServiceOptions service_options;
    service_options.list_shards = list_shards_;
    users_ = std::make_unique<service::UserService>(*store_, roles_, *user_ids_, clock_, log_,
                                                    service_options);
  }

  service::UserService& users() { return *users_; }
  storage::local::LocalStore& store() { return *store_; }
  ManualClock& clock() { return clock_; }
  std::string logged() const { return sink_.text(); }

 private:
  const std::uint32_t list_shards_;
  TemporaryDirectory directory_;
  ManualClock clock_{*ParseTimestamp("2026-01-01T00:00:00Z")};
  MemorySink sink_;
  Log log_;
  const domain::RoleCatalogue roles_ =
      std::move(*domain::RoleCatalogue::Parse(domain::DefaultRoleCatalogue()));
  std::unique_ptr<storage::local::LocalStore> store_;
  std::unique_ptr<UlidGenerator> user_ids_;
  std::unique_ptr<service::UserService> users_;
};

// All that is wrong with what a store holds; empty if nothing is. `users` gets the number of them.
std::string FindingsOf(storage::local::LocalStore& store, std::uint64_t* users = nullptr);

}  // namespace users::testing
