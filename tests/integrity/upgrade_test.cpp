// The upgrade of stores that an earlier version wrote. The files in tests/data/store_of_format_2 are
// from that version. The name of each user there says which roles and which status it has.
#include "maintenance/upgrade.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <set>

#include "base/async/when_all.h"
#include "base/files.h"
#include "base/text/text.h"
#include "integrity/checked_store.h"
#include "integrity/data_copy.h"
#include "maintenance/open_store.h"
#include "service/item_upgrade.h"
#include "service/user_service.h"
#include "support/memory_sink.h"
#include "support/run_task.h"
#include "support/unreliable_store.h"

namespace users::testing {
namespace {

using domain::UserStatus;
using service::UserRecord;
using storage::local::LocalStore;

constexpr std::size_t kUsers = 30;
const std::vector<std::string> kRoleNames = {"admin", "editor", "viewer"};

service::CallContext Call() {
  domain::Caller caller;
  caller.arn = "arn:aws:iam::123456789012:user/newer";
  return service::CallContext(caller, "newer", DeadlineIn(std::chrono::seconds(60)));
}

service::WriteContext WriteCall() {
  service::WriteContext context;
  context.call = Call();
  context.operation = "operation";
  context.render = [](const domain::User&) { return service::StoredResponse(); };
  return context;
}

// The store and a service on it.
class Opened {
 public:
  explicit Opened(const std::string& data, const std::atomic<bool>* has_all_items = nullptr)
      : log_(sink_, clock_, LogLevel::kInfo),
        store_(std::move(*maintenance::OpenStore(data, clock_, log_))),
        roles_(std::move(*domain::RoleCatalogue::Parse(domain::DefaultRoleCatalogue()))),
        ids_(clock_) {
    service::UserServiceOptions options;
    options.has_all_items = has_all_items;
    users_.emplace(*store_, roles_, ids_, clock_, log_, options);
  }

  LocalStore& store() { return *store_; }
  service::UserService& users() { return *users_; }
  const Log& log() const { return log_; }
  std::string logged() const { return sink_.text(); }

  // The names in a list.
  Result<std::set<std::string>> Names(const service::ListFilter& filter) {
    service::ListQuery query;
    query.limit = 7;
    query.filter = filter;
    std::set<std::string> names;
    while (true) {
      const auto page = RunTask(users_->ListUsers(Call(), query));
      if (!page.ok()) return page.error();
      for (const auto& user : page->users) EXPECT_TRUE(names.insert(user.email).second);
      if (!page->continue_after) return names;
      query.after = *page->continue_after;
    }
  }

  std::set<std::string> Holders(const std::string& role) {
    service::ListFilter filter;
    filter.role = role;
    return *Names(filter);
  }

  std::set<std::string> Deleted() {
    service::ListFilter filter;
    filter.status = UserStatus::kDeleted;
    return *Names(filter);
  }

  // All users as stored, deleted ones included.
  std::vector<UserRecord> Records() {
    std::vector<UserRecord> records;
    EXPECT_TRUE(store_
                    ->ForEachItem(storage::Table::kUsers,
                                  [&](const storage::Key& key, const storage::Item* item) {
                                    if (!service::IsProfilePartition(key.partition)) return;
                                    records.push_back(*service::DecodeProfile(*item));
                                  })
                    .ok());
    return records;
  }

 private:
  const SystemClock clock_;
  MemorySink sink_;
  const Log log_;
  std::unique_ptr<LocalStore> store_;
  const domain::RoleCatalogue roles_;
  UlidGenerator ids_;
  std::optional<service::UserService> users_;
};

// Expects that the lists are those that the profiles require.
void ExpectRightLists(Opened& opened) {
  std::map<std::string, std::set<std::string>> holders;
  std::set<std::string> deleted;
  for (const UserRecord& record : opened.Records()) {
    EXPECT_EQ(record.item_generation, service::kItemGeneration);
    if (record.user.status == UserStatus::kDeleted) {
      deleted.insert(record.user.email);
      continue;
    }
    for (const std::string& role : record.user.roles) holders[role].insert(record.user.email);
  }
  for (const std::string& role : kRoleNames) EXPECT_EQ(opened.Holders(role), holders[role]) << role;
  EXPECT_EQ(opened.Deleted(), deleted);
}

void ExpectSound(const std::string& data) {
  const Checked checked = Check(data);
  EXPECT_EQ(checked.error.value_or(""), "");
  EXPECT_EQ(checked.text(), "");
  EXPECT_EQ(checked.summary.users, kUsers);
}

// Commits a change exactly as the earlier version does: it knows nothing of role items, of list
// items of deleted users and of the generation in the profile.
void ChangeAsEarlierVersion(LocalStore& store, UserRecord before,
                            const std::function<void(domain::User&)>& change_user) {
  before.item_generation = service::kFirstItemGeneration;
  UserRecord after = before;
  change_user(after.user);
  ++after.user.version;
  domain::AuditEntry entry;
  entry.user_id = after.user.user_id;
  entry.version = after.user.version;
  service::Change change;
  AddUpdate(change, before, after, entry);
  const auto written =
      RunTask(store.TransactWrite(std::move(change.writes), DeadlineIn(std::chrono::seconds(60))));
  ASSERT_TRUE(written.ok() && written->committed);
}

Result<service::UpgradeProgress> Upgrade(storage::TableStore& store, LocalStore& scan) {
  service::ItemUpgrade upgrade(store, scan, 4);
  return RunTask(upgrade.Run([](const service::UpgradeProgress&) { return true; }));
}

class UpgradeTest : public ::testing::Test {
 protected:
  std::string Format() const { return *ReadFile(data_ + "/FORMAT"); }

  const DataCopy copy_{"store_of_format_2"};
  const std::string& data_ = copy_.path();
};

TEST_F(UpgradeTest, GivesEveryUserItsItems) {
  ExpectSound(data_);
  {
    Opened opened(data_);
    EXPECT_TRUE(opened.store().needs_upgrade());
    EXPECT_EQ(opened.Records().size(), kUsers);
    EXPECT_TRUE(opened.Holders("viewer").empty());
    ASSERT_TRUE(RunTask(maintenance::UpgradeStore(opened.store(), opened.log())));
    EXPECT_FALSE(opened.store().needs_upgrade());
    ExpectRightLists(opened);
    // The names tell the roles independently of the profiles' role lists.
    std::set<std::string> named;
    for (const UserRecord& record : opened.Records()) {
      const std::string& name = record.user.name;
      if (name.find("editor") != name.npos && !name.ends_with("deleted")) {
        named.insert(record.user.email);
      }
    }
    EXPECT_FALSE(named.empty());
    EXPECT_EQ(opened.Holders("editor"), named);
    EXPECT_NE(opened.logged().find("\"event\":\"store_upgraded\""), std::string::npos);
  }
  EXPECT_EQ(Format(), "usersd-store 3\n");
  ExpectSound(data_);
  Opened again(data_);
  EXPECT_FALSE(again.store().needs_upgrade());
  ExpectRightLists(again);
}

TEST_F(UpgradeTest, IsUpToTheCallerOfTheStore) {
  { const Opened opened(data_); }
  EXPECT_EQ(Format(), "usersd-store 2\n");
}

TEST_F(UpgradeTest, KeepsTheTimeOfTheTakeover) {
  const std::string since = " since 2026-11-01T10:00:00.000Z\n";
  std::ofstream(data_ + "/FORMAT") << "usersd-store 2" << since;
  Opened opened(data_);
  ASSERT_TRUE(RunTask(maintenance::UpgradeStore(opened.store(), opened.log())));
  EXPECT_EQ(Format(), "usersd-store 3" + since);
  EXPECT_EQ(opened.store().taken_over_at(), ParseTimestamp("2026-11-01T10:00:00Z"));
}

// Otherwise a list would silently lack users.
TEST_F(UpgradeTest, MakesIncompleteListsUnavailableUntilItIsDone) {
  std::atomic<bool> has_all_items{false};
  Opened opened(data_, &has_all_items);
  service::ListFilter by_role;
  by_role.role = "viewer";
  service::ListFilter deleted;
  deleted.status = UserStatus::kDeleted;
  service::ListFilter active;
  active.status = UserStatus::kActive;
  EXPECT_EQ(opened.Names(by_role).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(opened.Names(deleted).error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(opened.Names(active).ok());
  EXPECT_TRUE(opened.Names(service::ListFilter()).ok());
  has_all_items = true;
  EXPECT_TRUE(opened.Names(by_role).ok());
  EXPECT_TRUE(opened.Names(deleted).ok());
}

// The store is reopened after each failure, as after a crash.
TEST_F(UpgradeTest, ContinuesWhereAnEarlierOneFailed) {
  int failures = 0;
  for (std::uint64_t seed = 0;; ++seed) {
    ASSERT_LT(seed, 200U);
    Opened opened(data_);
    UnreliableStore unreliable;
    unreliable.Connect(opened.store());
    unreliable.SetFaults({.lost_requests = 3, .lost_responses = 3, .conflicts = 20}, seed);
    const auto upgraded = Upgrade(unreliable, opened.store());
    if (upgraded.ok()) {
      EXPECT_EQ(upgraded->users, kUsers);
      EXPECT_EQ(upgraded->unreadable, 0U);
      ASSERT_TRUE(opened.store().FinishUpgrade().ok());
      ExpectRightLists(opened);
      break;
    }
    EXPECT_EQ(upgraded.error().code, ErrorCode::kUnavailable);
    EXPECT_TRUE(opened.store().needs_upgrade());
    ++failures;
  }
  EXPECT_GT(failures, 0);
  ExpectSound(data_);
}

TEST_F(UpgradeTest, PassesOverUsersThatAreDone) {
  Opened opened(data_);
  ASSERT_EQ(Upgrade(opened.store(), opened.store())->upgraded, kUsers);
  const auto again = Upgrade(opened.store(), opened.store());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->upgraded, 0U);
  EXPECT_EQ(again->removed, 0U);
}

TEST_F(UpgradeTest, FindsChangesThatAnEarlierVersionMadeSince) {
  Opened opened(data_);
  ASSERT_TRUE(Upgrade(opened.store(), opened.store()).ok());
  const auto records = opened.Records();
  const auto holder = std::find_if(records.begin(), records.end(), [](const UserRecord& record) {
    return record.user.status == UserStatus::kActive && HasRole(record.user, "viewer");
  });
  const auto other = std::find_if(records.begin(), records.end(), [](const UserRecord& record) {
    return record.user.status == UserStatus::kDisabled && !HasRole(record.user, "admin");
  });
  const auto victim = std::find_if(records.begin(), records.end(), [&](const UserRecord& record) {
    return record.user.status == UserStatus::kActive && HasRole(record.user, "viewer") &&
           record.user.user_id != holder->user.user_id;
  });
  ASSERT_TRUE(holder != records.end() && other != records.end() && victim != records.end());
  ChangeAsEarlierVersion(opened.store(), *holder,
                         [](domain::User& user) { std::erase(user.roles, "viewer"); });
  ChangeAsEarlierVersion(opened.store(), *other, [](domain::User& user) {
    user.roles.insert(user.roles.begin(), "admin");
  });
  ChangeAsEarlierVersion(opened.store(), *victim,
                         [](domain::User& user) { user.status = UserStatus::kDeleted; });
  // Items that are left over show nobody.
  EXPECT_FALSE(opened.Holders("viewer").contains(holder->user.email));
  EXPECT_FALSE(opened.Holders("viewer").contains(victim->user.email));

  const auto upgraded = Upgrade(opened.store(), opened.store());
  ASSERT_TRUE(upgraded.ok());
  EXPECT_EQ(upgraded->upgraded, 3U);
  EXPECT_EQ(upgraded->removed, 1 + victim->user.roles.size());
  ExpectRightLists(opened);
}

// A change by this version upgrades its user, whatever the change is.
TEST_F(UpgradeTest, HappensWithAnyChangeOfAUser) {
  Opened opened(data_);
  std::size_t changed = 0;
  for (const UserRecord& record : opened.Records()) {
    if (record.user.status == UserStatus::kDeleted) continue;
    service::ProfileChange change;
    change.name = record.user.name + "!";
    ASSERT_TRUE(
        RunTask(opened.users().UpdateProfile(WriteCall(), record.user.user_id, change)).ok());
    ++changed;
  }
  const auto upgraded = Upgrade(opened.store(), opened.store());
  ASSERT_TRUE(upgraded.ok());
  EXPECT_EQ(upgraded->upgraded, kUsers - changed);
  ExpectRightLists(opened);
}

// Servers of this version change the users while several upgrades run.
TEST_F(UpgradeTest, RunsBesideChanges) {
  {
    Opened opened(data_);
    std::vector<std::string> ids;
    for (const UserRecord& record : opened.Records()) ids.push_back(record.user.user_id);
    RunTogether(6, 2, [&](int number) -> Task<void> {
      if (number < 2) {
        service::ItemUpgrade upgrade(opened.store(), opened.store(), 4);
        const auto show = [](const service::UpgradeProgress&) { return true; };
        const auto upgraded = co_await upgrade.Run(show);
        EXPECT_TRUE(upgraded.ok());
        co_return;
      }
      std::mt19937 random(static_cast<unsigned>(number));
      for (int i = 0; i < 60; ++i) {
        const std::string& id = ids[random() % ids.size()];
        const std::string& role = kRoleNames[random() % kRoleNames.size()];
        switch (random() % 8) {
          case 0:
            co_await opened.users().SetStatus(WriteCall(), id, UserStatus::kDeleted);
            break;
          case 1:
          case 2:
          case 3:
            co_await opened.users().RemoveRole(WriteCall(), id, role);
            break;
          default:
            co_await opened.users().AssignRole(WriteCall(), id, role);
        }
      }
    });
    ExpectRightLists(opened);
    ASSERT_TRUE(opened.store().FinishUpgrade().ok());
  }
  ExpectSound(data_);
}

TEST_F(UpgradeTest, IsFoundIncompleteByTheCheck) {
  {
    Opened opened(data_);
    ASSERT_TRUE(opened.store().FinishUpgrade().ok());
  }
  const Checked checked = Check(data_);
  EXPECT_EQ(checked.summary.findings, kUsers);
  EXPECT_NE(checked.text().find("has items of an earlier version"), std::string::npos);
}

}  // namespace
}  // namespace users::testing
