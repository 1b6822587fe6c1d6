#include "aws/environment.h"
#include "base/run_task.h"
#include "service/idempotency.h"
#include "storage/dynamodb/dynamodb_store.h"
#include "wiring/backend.h"

namespace users::wiring {
namespace {

constexpr std::chrono::seconds kCheckTime{10};
constexpr std::chrono::seconds kCreationTime{60};

// Many of these servers may work on one pair of tables: nothing is kept here, and the stream of the
// users table feeds the one relay there is.
class DynamoDbBackend final : public Backend {
 public:
  DynamoDbBackend(std::unique_ptr<storage::dynamodb::DynamoDbStore> store,
                  std::uint32_t list_shards)
      : store_(std::move(store)), list_shards_(list_shards) {}

  storage::TableStore& store() override { return *store_; }
  std::uint32_t list_shards() const override { return list_shards_; }
  Ulid greatest_user_id() const override { return Ulid(); }
  void StartRelay() override {}
  std::string_view relay_name() const override { return "none"; }

  void AddMetrics(server::Metrics& metrics) const override {
    const auto add = [&](std::string_view name, std::string_view help, const auto& number) {
      metrics.Add(server::Metrics::Kind::kCounter, name, help, number);
    };
    const auto& s = store_->statistics();
    add("users_store_calls_total", "Calls of the store, repetitions not counted", s.calls);
    add("users_store_retries_total", "Calls that were repeated", s.retries);
    add("users_store_throttled_total", "Answers that refused for the load", s.throttled);
    add("users_store_failures_total", "Calls that ended without an answer", s.failures);
    add("users_store_connections_total", "Connections opened to the store",
        store_->http_statistics().connections);
  }

 private:
  const std::unique_ptr<storage::dynamodb::DynamoDbStore> store_;
  const std::uint32_t list_shards_;
};

}  // namespace

Result<std::unique_ptr<Backend>> OpenDynamoDbBackend(const ServeOptions& options,
                                                     const Clock& clock, const Log& log) {
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
      return Error::Unavailable(
          "--create-tables: is for local engines; name one with --dynamodb-endpoint");
    }
    const auto created = RunTask(
        (*store)->CreateTables(std::string(service::kTtlAttribute), DeadlineIn(kCreationTime)));
    if (!created.ok()) return AtOption("--create-tables", "true", created.error());
  }
  const auto checked = RunTask((*store)->CheckTables(DeadlineIn(kCheckTime)));
  if (!checked.ok()) return AtOption("--store", "dynamodb", checked.error());
  return std::unique_ptr<Backend>(
      std::make_unique<DynamoDbBackend>(std::move(*store), given.list_shards));
}

}  // namespace users::wiring
