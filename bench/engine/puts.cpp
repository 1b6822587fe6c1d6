#include "engine/puts.h"

#include <cstdlib>

#include "api/operations.h"
#include "base/async/run_task.h"
#include "base/ulid.h"
#include "domain/role_catalogue.h"
#include "service/user_records.h"
#include "service/user_service.h"
#include "storage/local/encoding.h"
#include "support/people.h"
#include "support/principals.h"

namespace users::bench {
namespace {

// Reports success for every transaction and records its writes.
class NotingStore final : public storage::TableStore {
 public:
  Task<Result<storage::TransactionResult>> TransactWrite(storage::Transaction transaction,
                                                         Deadline) override {
    RawRegistration puts;
    for (const storage::WriteOp& op : transaction) {
      RawPut put;
      put.in_users_table = op.key().table == storage::Table::kUsers;
      put.is_told = put.in_users_table && service::AuditChainOf(op.key().partition).has_value();
      put.has_condition = op.condition().kind() != storage::Condition::Kind::kNone;
      put.key = storage::local::EncodeKey(op.key().partition, op.key().sort);
      put.value = op.item().encoded();
      puts.push_back(std::move(put));
    }
    noted_.push_back(std::move(puts));
    storage::TransactionResult result;
    result.committed = true;
    co_return result;
  }
  Task<Result<std::vector<std::optional<storage::Item>>>> Get(std::vector<storage::Key> keys,
                                                              Deadline) override {
    co_return std::vector<std::optional<storage::Item>>(keys.size());
  }
  Task<Result<std::vector<std::optional<storage::Item>>>> GetEach(std::vector<storage::Key> keys,
                                                                  Deadline deadline) override {
    return Get(std::move(keys), deadline);
  }
  Task<Result<storage::Page>> Query(storage::QueryRange, Deadline) override {
    co_return storage::Page();
  }

  std::vector<RawRegistration> Release() { return std::move(noted_); }

 private:
  std::vector<RawRegistration> noted_;
};

class NoSink final : public LogSink {
 public:
  void Write(std::string_view, LineKind) override {}
};

}  // namespace

std::vector<RawRegistration> MakeRegistrations(std::uint64_t count) {
  const SystemClock clock;
  NoSink sink;
  const Log log(sink, clock, LogLevel::kError);
  NotingStore store;
  const auto roles = domain::RoleCatalogue::Parse(domain::DefaultRoleCatalogue());
  UlidGenerator user_ids(clock);
  service::UserService users(store, *roles, user_ids, clock, log);
  const std::string run = RandomUlid(clock).ToString();
  const auto register_all = [&]() -> Task<bool> {
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::string body = RegistrationBody(run, i);
      api::Request request;
      request.path = "/users";
      request.body = body;
      request.content_type = "application/json";
      request.caller.arn = PrincipalArn(i % 1000);
      request.caller.access_key_id = CredentialsOf(i % 1000).access_key_id;
      request.correlation_id = run + "-" + std::to_string(i);
      request.deadline = DeadlineIn(std::chrono::seconds(60));
      const api::Response response =
          co_await api::Dispatch(api::Operation::kUsersRegisterCreate, request, users);
      if (response.status != 201) co_return false;
    }
    co_return true;
  };
  if (!RunTask(register_all())) std::abort();
  return store.Release();
}

}  // namespace users::bench
