#include "integrity/sample_store.h"

#include <gtest/gtest.h>

#include "api/operations.h"
#include "base/ulid.h"
#include "service/user_records.h"
#include "service/user_service.h"
#include "storage/local/local_store.h"
#include "support/memory_sink.h"
#include "support/run_task.h"

namespace users::testing {
namespace {

using api::Operation;

constexpr std::string_view kArn = "arn:aws:iam::123456789012:user/sample";
constexpr std::size_t kLives = 4;
constexpr std::size_t kItemsOfFourUsers = 46;
constexpr int kCallers = 256;
constexpr int kThreads = 2;

// Creates a user and applies the changes of its Life.
class Caller {
 public:
  Caller(service::UserService& users, SampleUser& user, std::string name)
      : users_(users), user_(user), name_(std::move(name)) {}

  Task<void> Live(Life life) {
    user_.email = name_ + "@sample.example";
    user_.external_id = "id-" + name_;
    user_.user_name = name_;
    co_await Register();
    if (life == Life::kChanged) {
      std::string renamed =
          R"("name":"Renamed )" + name_ + R"(","metadata":{"team":"a","site":"b"})";
      co_await Update(std::move(renamed));
      co_await Assign("viewer");
      co_await SetStatus("disabled");
      user_.email = name_ + "@moved.example";
      user_.external_id = "moved-" + name_;
      user_.user_name = "Moved" + name_;
      std::string moved = R"("email":")" + user_.email + R"(","externalId":")" + user_.external_id +
                          R"(","userName":")" + user_.user_name + '"';
      co_await Update(std::move(moved));
    } else if (life == Life::kActive) {
      co_await Assign("editor");
      std::string moved = R"("metadata":{"team":"b"})";
      co_await Update(std::move(moved));
    } else if (life == Life::kDeleted) {
      co_await Update(R"("name":"Going")");
      co_await SetStatus("deleted");
    }
  }

 private:
  Task<void> Register() {
    const std::string body = R"({"idempotencyKey":")" + NextKey() + R"(","email":")" + user_.email +
                             R"(","externalId":")" + user_.external_id + R"(","userName":")" +
                             user_.user_name + R"(","name":"Sample","metadata":{"made":"here"}})";
    api::Request request = NewRequest("/users");
    request.body = body;
    const api::Response response = co_await Call(Operation::kUsersRegisterCreate, request);
    const auto at = response.body.find(R"("userId":")");
    if (at != std::string::npos) user_.id = response.body.substr(at + 10, 26);
  }

  Task<void> Update(std::string members) {
    const std::string body = R"({"idempotencyKey":")" + NextKey() + R"(",)" + members + "}";
    api::Request request = NewRequest("/users/" + user_.id);
    request.body = body;
    request.audit_reasons = {"a sample"};
    co_await Call(Operation::kUsersProfileUpdate, request);
  }

  Task<void> Assign(std::string role) {
    const std::string body = R"({"role":")" + role + R"("})";
    api::Request request = NewRequest("/users/" + user_.id + "/roles");
    request.body = body;
    request.idempotency_key = NextKey();
    co_await Call(Operation::kUsersRoleAssign, request);
  }

  Task<void> SetStatus(std::string status) {
    const std::string body = R"({"status":")" + status + R"("})";
    api::Request request = NewRequest("/users/" + user_.id + "/status");
    request.body = body;
    request.idempotency_key = NextKey();
    co_await Call(Operation::kUsersStatusUpdate, request);
  }

  std::string NextKey() { return key_ = name_ + "-" + std::to_string(user_.records.size() + 1); }

  api::Request NewRequest(std::string path) {
    path_ = std::move(path);
    api::Request request;
    request.path = path_;
    request.user_id = user_.id;
    request.content_type = "application/json";
    request.caller.arn = kArn;
    request.caller.access_key_id = "AKIDSAMPLEXXXXXXXXXX";
    request.correlation_id = "sample-" + key_;
    request.deadline = DeadlineIn(std::chrono::minutes(10));
    return request;
  }

  Task<api::Response> Call(Operation operation, const api::Request& request) {
    service::IdempotencyScope scope;
    scope.owner = kArn;
    scope.operation = NameOf(operation);
    scope.target = user_.id;
    scope.key = key_;
    user_.records.push_back(service::IdempotencyItemKey(scope));
    api::Response response = co_await api::Dispatch(operation, request, users_);
    if (response.status >= 300) ADD_FAILURE() << response.status << " " << response.body;
    co_return response;
  }

  service::UserService& users_;
  SampleUser& user_;
  const std::string name_;
  std::string key_;
  std::string path_;
};

}  // namespace

SampleStore::SampleStore(const std::string& directory, std::size_t items) {
  const std::size_t count = std::max<std::size_t>(items / kItemsOfFourUsers, 1);
  users_.assign(kLives, std::vector<SampleUser>(count));

  const SystemClock clock;
  MemorySink sink;
  const Log log(sink, clock, LogLevel::kWarning);
  storage::local::LocalStoreOptions options;
  options.directory = directory;
  options.feed_partition_prefix = service::kFeedPartitionPrefix;
  options.ttl_attribute = service::kTtlAttribute;
  const auto store = std::move(*storage::local::LocalStore::Open(options, clock, log));
  const auto roles = std::move(*domain::RoleCatalogue::Parse(domain::DefaultRoleCatalogue()));
  UlidGenerator ids(clock);
  service::UserService service(*store, roles, ids, clock, log);

  const auto work = [&](int caller) -> Task<void> {
    for (std::size_t i = static_cast<std::size_t>(caller); i < count * kLives; i += kCallers) {
      const std::size_t life = i % kLives;
      Caller one(service, users_[life][i / kLives], "u" + std::to_string(i));
      co_await one.Live(static_cast<Life>(life));
    }
  };
  RunTogether(kCallers, kThreads, work);
  for (const auto& lived : users_) {
    for (const SampleUser& user : lived) entries_ += user.records.size();
  }
  EXPECT_TRUE(store->SaveCheckpoint("log", delivered()).ok());
  EXPECT_EQ(sink.text(), "");
}

}  // namespace users::testing
