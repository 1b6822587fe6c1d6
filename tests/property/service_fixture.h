#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/ulid.h"
#include "domain/role_catalogue.h"
#include "property/unreliable_store.h"
#include "service/user_service.h"
#include "storage/local/local_store.h"
#include "support/memory_sink.h"
#include "support/temporary_directory.h"

namespace users::testing {

// A store in another process, for properties to be tried on.
class RemoteStore {
 public:
  virtual ~RemoteStore() = default;
  virtual storage::TableStore& store() = 0;
  // Puts all that it holds into an empty store.
  virtual void CopyTo(storage::TableStore& copy) = 0;
};

// What fixtures work on: an empty one, or null for the embedded store. Each test program links the
// one that it is for.
std::unique_ptr<RemoteStore> MakeRemoteStore();

// A user service on a store of its own, with a clock that obeys and a line to the store that fails
// when told to. The store can be closed and opened again, as a restart does.
class ServiceFixture {
 public:
  // `env` is the disk of the store, the system's if there is none; it outlives the fixture.
  explicit ServiceFixture(std::uint32_t list_shards = 1, rocksdb::Env* env = nullptr)
      : list_shards_(list_shards), env_(env), log_(sink_, clock_, LogLevel::kWarning) {
    Open();
  }

  void Restart() {
    Close();
    Open();
  }

  void Close() {
    users_.reset();
    // Ids that grow over restarts are the embedded store's promise, kept by what it holds.
    if (remote_ == nullptr) user_ids_.reset();
    store_.reset();
  }

  void Open() {
    if (remote_ != nullptr) return OpenService(remote_->store());
    OpenStore(directory_ / "data");
    const auto greatest =
        store_->GreatestPartition(service::kProfilePartitionPrefix, service::kProfilePartitionSize);
    Ulid floor;
    if (greatest->has_value()) floor = *ParseUlid(std::string_view(**greatest).substr(5));
    user_ids_ = std::make_unique<UlidGenerator>(clock_, floor);
    OpenService(*store_);
  }

  service::UserService& users() { return *users_; }
  // What the service sees of the store; by itself it does no harm.
  UnreliableStore& unreliable() { return unreliable_; }
  // The store itself, which never fails; of a remote one a copy of what it holds now.
  storage::local::LocalStore& store() {
    if (remote_ == nullptr) return *store_;
    store_.reset();
    OpenStore(directory_ / ("copy" + std::to_string(copies_++)));
    remote_->CopyTo(*store_);
    return *store_;
  }
  ManualClock& clock() { return clock_; }
  const Log& log() const { return log_; }
  std::string logged() const { return sink_.text(); }

 private:
  void OpenStore(const std::string& directory) {
    storage::local::LocalStoreOptions options;
    options.directory = directory;
    options.feed_partition_prefix = service::kAuditPartitionPrefix;
    options.ttl_attribute = service::kTtlAttribute;
    options.env = env_;
    store_ = std::move(*storage::local::LocalStore::Open(options, store_clock_, log_));
  }

  void OpenService(storage::TableStore& store) {
    if (user_ids_ == nullptr) user_ids_ = std::make_unique<UlidGenerator>(clock_);
    unreliable_.Connect(store);
    service::UserServiceOptions service_options;
    service_options.list_shards = list_shards_;
    users_ = std::make_unique<service::UserService>(unreliable_, roles_, *user_ids_, clock_, log_,
                                                    service_options);
  }

  const std::uint32_t list_shards_;
  rocksdb::Env* const env_;
  TemporaryDirectory directory_;
  ManualClock clock_{*ParseTimestamp("2026-01-01T00:00:00Z")};
  // The store drops what has expired whenever it likes; a clock that is set back would show when.
  const ManualClock store_clock_{clock_.Now()};
  MemorySink sink_;
  Log log_;
  const domain::RoleCatalogue roles_ =
      std::move(*domain::RoleCatalogue::Parse(domain::DefaultRoleCatalogue()));
  UnreliableStore unreliable_;
  const std::unique_ptr<RemoteStore> remote_ = MakeRemoteStore();
  int copies_ = 0;
  std::unique_ptr<storage::local::LocalStore> store_;
  std::unique_ptr<UlidGenerator> user_ids_;
  std::unique_ptr<service::UserService> users_;
};

// All that is wrong with what a store holds; empty if nothing is. `users` gets the number of them.
std::string FindingsOf(storage::local::LocalStore& store, std::uint64_t* users = nullptr);

}  // namespace users::testing
