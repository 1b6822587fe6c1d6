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
#include "support/unreliable_store.h"

namespace users::testing {

// A store in another process, on which properties are tried.
class RemoteStore {
 public:
  virtual ~RemoteStore() = default;
  virtual storage::TableStore& store() = 0;
  // Copies its whole content into an empty store.
  virtual void CopyTo(storage::TableStore& copy) = 0;
};

// Returns the empty store that fixtures use, or null for the embedded store. Each test program
// links its own implementation.
std::unique_ptr<RemoteStore> MakeRemoteStore();

// A user service on its own store, with a manual clock and a connection to the store that fails on
// demand. The store can be closed and reopened, as in a restart. Not thread-safe, except for
// users().
class ServiceFixture {
 public:
  // `env` is the disk of the store, or null for the system's. It must outlive the fixture.
  explicit ServiceFixture(std::uint32_t list_shards = 1, rocksdb::Env* env = nullptr)
      : list_shards_(list_shards), env_(env), log_(sink_, clock_, LogLevel::kWarning) {
    Open();
  }

  // Close and open the store and the service again. Restart() does both.
  void Restart() {
    Close();
    Open();
  }

  void Close() {
    users_.reset();
    // Only the embedded store guarantees ids that increase across restarts, based on its content.
    if (remote_ == nullptr) user_ids_.reset();
    store_.reset();
  }

  void Open() {
    if (remote_ != nullptr) return OpenService(remote_->store());
    OpenStore(directory_ / "data");
    const auto greatest =
        service::GreatestUserId([this](std::string_view prefix, std::size_t size) {
          return store_->GreatestPartition(prefix, size);
        });
    user_ids_ = std::make_unique<UlidGenerator>(clock_, *greatest);
    OpenService(*store_);
  }

  service::UserService& users() { return *users_; }
  // The service's view of the store. By default it causes no faults.
  UnreliableStore& unreliable() { return unreliable_; }
  // The store itself, which never fails. For a remote store it is a copy of the current content.
  storage::local::LocalStore& store() {
    if (remote_ == nullptr) return *store_;
    store_.reset();
    OpenStore(directory_ / ("copy" + std::to_string(copies_++)));
    remote_->CopyTo(*store_);
    return *store_;
  }
  ManualClock& clock() { return clock_; }
  const Log& log() const { return log_; }
  // The log without the warning about frozen timestamps, which clock steps cause legitimately.
  std::string logged() const {
    std::string text;
    for (const std::string& line : sink_.Lines()) {
      if (line.find("\"event\":\"timestamps_frozen\"") == line.npos) text += line;
    }
    return text;
  }

 private:
  void OpenStore(const std::string& directory) {
    storage::local::LocalStoreOptions options;
    options.directory = directory;
    options.feed_partition_prefix = service::kFeedPartitionPrefix;
    options.ttl_attribute = service::kTtlAttribute;
    options.env = env_;
    store_ = std::move(*storage::local::LocalStore::Open(options, store_clock_, log_));
  }

  void OpenService(storage::TableStore& store) {
    if (user_ids_ == nullptr) user_ids_ = std::make_unique<UlidGenerator>(clock_);
    unreliable_.Connect(store);
    service::UserServiceOptions service_options;
    service_options.list_shards = list_shards_;
    if (remote_ == nullptr) service_options.feed = store_.get();
    service_options.event_origin = audit::EventOrigin{"000000000000", "local"};
    users_ = std::make_unique<service::UserService>(unreliable_, roles_, *user_ids_, clock_, log_,
                                                    service_options);
  }

  const std::uint32_t list_shards_;
  rocksdb::Env* const env_;
  TemporaryDirectory directory_;
  ManualClock clock_{*ParseTimestamp("2026-01-01T00:00:00Z")};
  // The store may drop expired items at any time. A clock that steps back would make that visible.
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

// Returns all findings of the checker on a store, "" if there are none. Sets `*users` to the number
// of users.
std::string FindingsOf(storage::local::LocalStore& store, std::uint64_t* users = nullptr);

}  // namespace users::testing
