#include <optional>

#include "aws/environment.h"
#include "base/async/run_task.h"
#include "server/store_probe.h"
#include "service/idempotency.h"
#include "service/store_probes.h"
#include "storage/dynamodb/dynamodb_store.h"
#include "wiring/backend.h"

namespace users::wiring {
namespace {

constexpr std::chrono::seconds kCheckTime{10};
// Often enough to take a server out of rotation soon, and seldom enough to cost next to nothing:
// one item of the idempotency table is written six times a minute.
constexpr server::StoreProbe::Options kReadProbe{std::chrono::milliseconds(2'000),
                                                 std::chrono::milliseconds(2'000),
                                                 std::chrono::milliseconds(6'000)};
constexpr server::StoreProbe::Options kWriteProbe{std::chrono::milliseconds(10'000),
                                                  std::chrono::milliseconds(5'000),
                                                  std::chrono::milliseconds(25'000)};
constexpr std::chrono::seconds kCreationTime{60};

// Many servers may share one pair of tables. This backend keeps no state, and the stream of the
// users table feeds the only relay.
class DynamoDbBackend final : public Backend {
 public:
  DynamoDbBackend(std::unique_ptr<storage::dynamodb::DynamoDbStore> store,
                  std::uint32_t list_shards, const Clock& clock)
      : clock_(clock), store_(std::move(store)), list_shards_(list_shards) {}
  ~DynamoDbBackend() override {
    if (reads_) reads_->Stop();
    if (writes_) writes_->Stop();
  }

  storage::TableStore& store() override { return *store_; }
  std::uint32_t list_shards() const override { return list_shards_; }
  Ulid greatest_user_id() const override { return Ulid(); }
  // A table is upgraded with `usersd migrate`, because other servers may still run the earlier
  // version.
  const std::atomic<bool>& has_all_items() const override { return has_all_items_; }
  Task<void> Upgrade() override { co_return; }
  void StartRelay() override {}
  std::string_view relay_name() const override { return "none"; }

  void AddMetrics(server::Metrics& metrics) const override {
    const auto add = [&](std::string_view name, std::string_view help, const auto& number) {
      metrics.Add(server::Metrics::Kind::kCounter, name, help, number);
    };
    const auto& s = store_->statistics();
    add("users_store_calls_total", "Calls of the store, without retries", s.calls);
    add("users_store_retries_total", "Retries of calls", s.retries);
    add("users_store_throttled_total", "Responses that throttled a call", s.throttled);
    add("users_store_failures_total", "Calls that ended without a response", s.failures);
    add("users_store_connections_total", "Connections opened to the store",
        store_->http_statistics().connections);
  }

  void AddHealthChecks(server::Health& health) override {
    const auto read = [this](Deadline deadline) { return service::IsReachable(*store_, deadline); };
    const auto write = [this](Deadline deadline) {
      return service::IsWritable(*store_, clock_.Now(), deadline);
    };
    reads_.emplace(read, kReadProbe);
    writes_.emplace(write, kWriteProbe);
    health.Add("reads", [this] { return reads_->Passes(); });
    health.Add("writes", [this] { return writes_->Passes(); });
  }

 private:
  const Clock& clock_;
  const std::atomic<bool> has_all_items_{true};
  // Declared before the store, which may still complete one of their calls.
  std::optional<server::StoreProbe> reads_;
  std::optional<server::StoreProbe> writes_;
  const std::unique_ptr<storage::dynamodb::DynamoDbStore> store_;
  const std::uint32_t list_shards_;
};

}  // namespace

Result<std::unique_ptr<Backend>, ProgramError> OpenDynamoDbBackend(const ServeOptions& options,
                                                                   const Clock& clock,
                                                                   const Log& log) {
  const DynamoDbOptions& given = options.dynamodb;
  storage::dynamodb::DynamoDbStoreOptions store_options;
  store_options.tables.users = given.users_table;
  store_options.tables.idempotency = given.idempotency_table;
  store_options.endpoint = given.endpoint;
  const aws::Environment environment = aws::ProcessEnvironment();
  auto store = storage::dynamodb::DynamoDbStore::Open(store_options, environment, clock, log);
  if (!store.ok()) return AtOption("--store", "dynamodb", store.error());
  if (given.create_tables) {
    if ((*store)->is_on_aws()) {
      return ProgramError::CannotRun(
          "--create-tables: is for local engines; name one with --dynamodb-endpoint");
    }
    const auto created = RunTask(
        (*store)->CreateTables(std::string(service::kTtlAttribute), DeadlineIn(kCreationTime)));
    if (!created.ok()) return AtOption("--create-tables", "true", created.error());
  }
  const auto checked = RunTask((*store)->CheckTables(DeadlineIn(kCheckTime)));
  if (!checked.ok()) return AtOption("--store", "dynamodb", checked.error());
  return std::unique_ptr<Backend>(
      std::make_unique<DynamoDbBackend>(std::move(*store), given.list_shards, clock));
}

}  // namespace users::wiring
