#pragma once

#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/log.h"
#include "base/ulid.h"
#include "domain/role_catalogue.h"
#include "domain/subject_state.h"
#include "scenarios/scenario.h"
#include "search/user_index.h"
#include "server/front_door.h"
#include "service/user_service.h"
#include "storage/table_store.h"
#include "support/memory_sink.h"

namespace users::testing {

// An empty store that lives as long as this object.
class HeldStore {
 public:
  virtual ~HeldStore() = default;
  virtual storage::TableStore& store() = 0;
  // Its search index, or null if it has none.
  virtual search::UserIndex* index() { return nullptr; }
  // All entries in commit order; null if the store does not have them.
  virtual storage::FeedReader* feed() { return nullptr; }
};
using MakeStore = std::function<std::unique_ptr<HeldStore>(const Clock& clock, const Log& log)>;

// Front door, operations and a store in one process without sockets, with a manual clock. Not
// thread-safe.
class InProcess final : public ScenarioTarget {
 public:
  InProcess(const MakeStore& make_store, std::uint32_t list_shards);

  HttpReply Send(const HttpCall& call, const aws::Credentials& credentials) override;
  bool Advance(std::chrono::seconds by) override;

 private:
  void Record(std::string_view subject, domain::SubjectState state);

  ManualClock clock_{*ParseTimestamp("2026-01-01T00:00:00Z")};
  MemorySink sink_;
  Log log_;
  UlidGenerator user_ids_{clock_};
  server::Metrics metrics_;
  server::FrontDoorOptions options_;
  std::unique_ptr<HeldStore> store_;
  std::unique_ptr<server::PrincipalStore> principals_;
  std::unique_ptr<domain::RoleCatalogue> roles_;
  std::unique_ptr<service::UserService> users_;
  std::unique_ptr<server::Throttles> throttles_;
  server::RejectionLog unauthenticated_log_{log_, "unauthenticated"};
  server::RejectionLog throttled_log_{log_, "throttled"};
  std::unique_ptr<server::FrontDoor> door_;
};

}  // namespace users::testing
