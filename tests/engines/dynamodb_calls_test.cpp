// The cost of each operation: the calls of DynamoDB, counted by the proxy, and the capacity units,
// counted by dynoxide.
#include <gtest/gtest.h>

#include "domain/role_catalogue.h"
#include "engines/dynamodb_tables.h"
#include "engines/fault_proxy.h"
#include "service/user_service.h"
#include "support/run_task.h"

namespace users::testing {
namespace {

// The cost of one operation of DynamoDB.
struct Cost {
  int calls = 0;
  double units = 0;  // write units of writes, read units of reads

  bool operator==(const Cost&) const = default;
};
using Costs = std::map<std::string, Cost>;

void PrintTo(const Cost& cost, std::ostream* out) {
  *out << cost.calls << " calls, " << cost.units << " units";
}

constexpr std::chrono::seconds kPatience{60};
constexpr std::uint32_t kShards = 8;

class DynamoDbCallsTest : public ::testing::Test {
 protected:
  DynamoDbCallsTest() : log_(sink_, clock_, LogLevel::kWarning) {
    service::UserServiceOptions options;
    options.list_shards = kShards;
    users_ = std::make_unique<service::UserService>(tables_.store(), roles_, user_ids_, clock_,
                                                    log_, options);
    TakeCosts();
  }
  ~DynamoDbCallsTest() override {
    for (const std::string& violation : proxy_.violations()) ADD_FAILURE() << violation;
    EXPECT_EQ(sink_.text(), "");
  }

  service::CallContext Context() {
    domain::Caller caller;
    caller.arn = "arn:aws:iam::123456789012:user/test";
    caller.access_key_id = "AKIDTEST";
    return service::CallContext(caller, "correlation", DeadlineIn(kPatience));
  }
  service::WriteContext Writing(const std::string& operation, std::optional<std::string> key) {
    service::WriteContext context;
    context.call = Context();
    context.operation = operation;
    context.idempotency_key = std::move(key);
    context.render = [](const domain::User& user) {
      service::StoredResponse response;
      response.status = 200;
      response.body = user.user_id;
      response.version = user.version;
      return response;
    };
    return context;
  }
  // Returns the cost since the last call of this function.
  Costs TakeCosts() {
    Costs costs;
    for (const auto& [operation, calls] : proxy_.TakeCalls()) costs[operation].calls = calls;
    for (const auto& [operation, units] : proxy_.TakeUnits()) costs[operation].units = units;
    return costs;
  }
  // Returns the id of a new user.
  std::string Register(const std::string& email, std::optional<std::string> external_id = {},
                       std::optional<std::string> user_name = {}) {
    service::NewUser user;
    user.email = email;
    user.name = "Ada Lovelace";
    user.external_id = std::move(external_id);
    user.user_name = std::move(user_name);
    auto made = RunTask(users_->Register(Writing("users_register_create", email), user));
    EXPECT_TRUE(made.ok());
    return made.ok() ? made->response.body : "";
  }

  FaultProxy proxy_{SharedEngine("dynoxide").port()};
  DynamoDbTables tables_{proxy_.url()};
  SystemClock clock_;
  MemorySink sink_;
  Log log_;
  UlidGenerator user_ids_{clock_};
  const domain::RoleCatalogue roles_ =
      std::move(*domain::RoleCatalogue::Parse(domain::DefaultRoleCatalogue()));
  std::unique_ptr<service::UserService> users_;
};

TEST_F(DynamoDbCallsTest, RegistrationIsOneTransaction) {
  Register("ada@example.com");
  EXPECT_EQ(TakeCosts(), (Costs{{"TransactWriteItems", {1, 12}}}));
  // A replay fails its condition, and the engine reports no units for it.
  Register("ada@example.com");
  EXPECT_EQ(TakeCosts(), (Costs{{"TransactWriteItems", {1, 0}}}));
}

// Each handle is one item more.
TEST_F(DynamoDbCallsTest, RegistrationWithMoreHandlesIsOneTransaction) {
  Register("ada@example.com", "E-1");
  EXPECT_EQ(TakeCosts(), (Costs{{"TransactWriteItems", {1, 14}}}));
  Register("eve@example.com", "E-2", "eve");
  EXPECT_EQ(TakeCosts(), (Costs{{"TransactWriteItems", {1, 16}}}));
}

TEST_F(DynamoDbCallsTest, GetUserIsOneGet) {
  const std::string id = Register("ada@example.com");
  TakeCosts();
  EXPECT_TRUE(RunTask(users_->GetUser(Context(), id)).ok());
  EXPECT_EQ(TakeCosts(), (Costs{{"GetItem", {1, 1}}}));
}

TEST_F(DynamoDbCallsTest, ChangeIsOneReadAndOneTransaction) {
  const std::string id = Register("ada@example.com");
  const auto with_writes_of = [](double units) {
    return Costs{{"GetItem", {1, 1}}, {"TransactWriteItems", {1, units}}};
  };
  TakeCosts();
  service::ProfileChange change;
  change.email = "countess@example.com";
  EXPECT_TRUE(
      RunTask(users_->UpdateProfile(Writing("users_profile_update", "k1"), id, change)).ok());
  EXPECT_EQ(TakeCosts(), with_writes_of(14));
  EXPECT_TRUE(RunTask(users_->SetStatus(Writing("users_status_update", "k2"), id,
                                        domain::UserStatus::kDisabled))
                  .ok());
  EXPECT_EQ(TakeCosts(), with_writes_of(12));
  EXPECT_TRUE(RunTask(users_->AssignRole(Writing("users_role_assign", "k3"), id, "viewer")).ok());
  EXPECT_EQ(TakeCosts(), with_writes_of(12));
  EXPECT_TRUE(RunTask(users_->RemoveRole(Writing("users_role_remove", "k4"), id, "viewer")).ok());
  EXPECT_EQ(TakeCosts(), with_writes_of(12));
}

TEST_F(DynamoDbCallsTest, ChangeOfAHandleReleasesOneItemAndTakesAnother) {
  const std::string id = Register("ada@example.com", "E-1", "ada");
  const auto costs_of = [&](const char* key, service::ProfileChange change) {
    TakeCosts();
    EXPECT_TRUE(
        RunTask(users_->UpdateProfile(Writing("users_profile_update", key), id, std::move(change)))
            .ok());
    return TakeCosts();
  };
  const auto with_writes_of = [](double units) {
    return Costs{{"GetItem", {1, 1}}, {"TransactWriteItems", {1, units}}};
  };
  service::ProfileChange move;
  move.external_id = "E-2";
  EXPECT_EQ(costs_of("k1", move), with_writes_of(14));
  service::ProfileChange letter_case;
  letter_case.user_name = "ADA";
  EXPECT_EQ(costs_of("k2", letter_case), with_writes_of(10));
  service::ProfileChange removal;
  removal.user_name = std::optional<std::string>();
  EXPECT_EQ(costs_of("k3", removal), with_writes_of(12));
}

// The profile, the audit entry, the record, the address, the list item, the item in each of two
// lists by status, and one item for each role and each other handle.
TEST_F(DynamoDbCallsTest, DeletionIsOneReadAndOneTransaction) {
  const auto costs_of = [&](const std::string& id, const char* key) {
    TakeCosts();
    EXPECT_TRUE(RunTask(users_->SetStatus(Writing("users_status_update", key), id,
                                          domain::UserStatus::kDeleted))
                    .ok());
    return TakeCosts();
  };
  const std::string plain = Register("ada@example.com");
  EXPECT_EQ(costs_of(plain, "k1"), (Costs{{"GetItem", {1, 1}}, {"TransactWriteItems", {1, 14}}}));
  const std::string full = Register("eve@example.com", "E-1", "eve");
  EXPECT_TRUE(RunTask(users_->AssignRole(Writing("users_role_assign", "k"), full, "viewer")).ok());
  EXPECT_EQ(costs_of(full, "k2"), (Costs{{"GetItem", {1, 1}}, {"TransactWriteItems", {1, 20}}}));
}

TEST_F(DynamoDbCallsTest, NoOpReadsAgainOnlyWithAKey) {
  const std::string id = Register("ada@example.com");
  TakeCosts();
  const auto active = domain::UserStatus::kActive;
  EXPECT_TRUE(
      RunTask(users_->SetStatus(Writing("users_status_update", std::nullopt), id, active)).ok());
  EXPECT_EQ(TakeCosts(), (Costs{{"GetItem", {1, 1}}}));
  EXPECT_TRUE(RunTask(users_->SetStatus(Writing("users_status_update", "k"), id, active)).ok());
  EXPECT_EQ(TakeCosts(), (Costs{{"GetItem", {1, 1}}, {"TransactGetItems", {1, 4}}}));
}

TEST_F(DynamoDbCallsTest, PageIsOneQueryPerShard) {
  for (int i = 0; i < 60; ++i) Register("user" + std::to_string(i) + "@example.com");
  TakeCosts();
  service::ListQuery query;
  const auto page = RunTask(users_->ListUsers(Context(), query));
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->users.size(), 50U);
  EXPECT_TRUE(page->continue_after);
  const Costs costs = TakeCosts();
  EXPECT_EQ(costs.size(), 1U);
  EXPECT_GE(costs.at("Query").calls, static_cast<int>(kShards));
  // Users fall into eight shards at random, so a shard seldom has more rows than requested.
  EXPECT_LE(costs.at("Query").calls, static_cast<int>(kShards) + 1);
  EXPECT_EQ(costs.at("Query").units, costs.at("Query").calls);
}

// Users of other times are not read: a range of many users costs what one of few does.
TEST_F(DynamoDbCallsTest, PageOfATimeCostsWhatItShows) {
  std::vector<std::string> ids;
  for (int i = 0; i < 60; ++i) ids.push_back(Register("user" + std::to_string(i) + "@example.com"));
  const auto time_of = [&](std::size_t i) { return TimeOf(*ParseUlid(ids[i])); };
  const auto shown_between = [&](std::size_t from, std::size_t to) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      count += time_of(i) >= time_of(from) && time_of(i) < time_of(to) ? 1 : 0;
    }
    return count;
  };
  for (const auto& [from, to] : {std::pair(20U, 40U), std::pair(30U, 30U), std::pair(59U, 58U)}) {
    service::ListQuery query;
    query.filter.created_from = time_of(from);
    query.filter.created_to = time_of(to);
    TakeCosts();
    const auto page = RunTask(users_->ListUsers(Context(), query));
    ASSERT_TRUE(page.ok());
    EXPECT_EQ(page->users.size(), shown_between(from, to));
    EXPECT_FALSE(page->continue_after);
    const Costs costs = TakeCosts();
    if (from >= to) {
      EXPECT_EQ(costs, Costs());
      continue;
    }
    EXPECT_EQ(costs.size(), 1U);
    EXPECT_GE(costs.at("Query").calls, static_cast<int>(kShards));
    EXPECT_LE(costs.at("Query").calls, static_cast<int>(kShards) + 1);
    EXPECT_EQ(costs.at("Query").units, costs.at("Query").calls);
  }
}

TEST_F(DynamoDbCallsTest, FindByHandleIsTwoGets) {
  using domain::HandleKind;
  Register("ada@example.com", "E-1", "ada");
  const auto shown_by = [&](HandleKind kind, const char* handle) {
    TakeCosts();
    const auto found = RunTask(users_->FindByHandle(Context(), kind, handle, std::nullopt));
    return found.ok() ? found->users.size() : 100;
  };
  for (const auto& [kind, handle] :
       {std::pair(HandleKind::kEmail, "ADA@example.com"), std::pair(HandleKind::kExternalId, "E-1"),
        std::pair(HandleKind::kUserName, "Ada")}) {
    EXPECT_EQ(shown_by(kind, handle), 1U);
    EXPECT_EQ(TakeCosts(), (Costs{{"GetItem", {2, 2}}}));
    EXPECT_EQ(shown_by(kind, "x@example.com"), 0U);
    EXPECT_EQ(TakeCosts(), (Costs{{"GetItem", {1, 1}}}));
  }
}

// The role items are small, so each Query is one unit. The list items are one unit each.
TEST_F(DynamoDbCallsTest, PageByRoleIsOneQueryPerShardAndOneBatch) {
  constexpr int kHolders = 20;
  for (int i = 0; i < 2 * kHolders; ++i) {
    const std::string id = Register("user" + std::to_string(i) + "@example.com");
    if (i % 2 == 0) continue;
    EXPECT_TRUE(RunTask(users_->AssignRole(Writing("users_role_assign", "k"), id, "viewer")).ok());
  }
  service::ListQuery query;
  query.filter.role = "viewer";
  TakeCosts();
  const auto page = RunTask(users_->ListUsers(Context(), query));
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->users.size(), static_cast<std::size_t>(kHolders));
  EXPECT_EQ(TakeCosts(), (Costs{{"Query", {kShards, kShards}}, {"BatchGetItem", {1, kHolders}}}));
  query.filter.role = "admin";
  EXPECT_TRUE(RunTask(users_->ListUsers(Context(), query)).ok());
  EXPECT_EQ(TakeCosts(), (Costs{{"Query", {kShards, kShards}}}));
}

TEST_F(DynamoDbCallsTest, PageOfDeletedUsersIsOneQueryPerShard) {
  const std::string id = Register("ada@example.com");
  EXPECT_TRUE(RunTask(users_->SetStatus(Writing("users_status_update", "k"), id,
                                        domain::UserStatus::kDeleted))
                  .ok());
  TakeCosts();
  service::ListQuery query;
  query.filter.status = domain::UserStatus::kDeleted;
  const auto page = RunTask(users_->ListUsers(Context(), query));
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->users.size(), 1U);
  EXPECT_EQ(TakeCosts(), (Costs{{"Query", {kShards, kShards}}}));
}

TEST_F(DynamoDbCallsTest, BatchIsOneBatchGet) {
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(Register("user" + std::to_string(i) + "@example.com"));
  ids.push_back("not an id");
  TakeCosts();
  const auto batch = RunTask(users_->GetUsers(Context(), ids));
  ASSERT_TRUE(batch.ok());
  EXPECT_EQ(batch->users.size(), 5U);
  EXPECT_EQ(TakeCosts(), (Costs{{"BatchGetItem", {1, 5}}}));
}

TEST_F(DynamoDbCallsTest, PastStateIsOneGetAndTwoQueries) {
  const std::string id = Register("ada@example.com");
  TakeCosts();
  EXPECT_TRUE(RunTask(users_->GetUserAt(Context(), id, clock_.Now())).ok());
  EXPECT_EQ(TakeCosts(), (Costs{{"GetItem", {1, 1}}, {"Query", {2, 2}}}));
}

// An unchanged configuration costs one read at each start.
TEST_F(DynamoDbCallsTest, HistoryReadsItsHeadAlone) {
  for (const bool is_first : {true, false}) {
    service::StateInForce in_force("catalogue", {{"a", "1"}}, clock_.Now());
    EXPECT_TRUE(RunTask(users_->RecordState(std::move(in_force), DeadlineIn(kPatience))).ok());
    const Costs costs = TakeCosts();
    if (!is_first) {
      EXPECT_EQ(costs, (Costs{{"GetItem", {1, 1}}}));
    }
  }
}

TEST_F(DynamoDbCallsTest, AuditPageIsOneQuery) {
  const std::string id = Register("ada@example.com");
  TakeCosts();
  service::AuditQuery query;
  const auto page = RunTask(users_->QueryAudit(Context(), id, query));
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->entries.size(), 1U);
  EXPECT_EQ(TakeCosts(), (Costs{{"Query", {1, 1}}}));
}

}  // namespace
}  // namespace users::testing
