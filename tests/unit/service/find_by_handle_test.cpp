// A user is found by a handle with two reads, between which the handle may move.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "service/user_service.h"
#include "support/memory_sink.h"
#include "support/records.h"
#include "support/run_task.h"

namespace users::service {
namespace {

using domain::HandleKind;
using domain::UserStatus;
using storage::Item;

UserRecord Named(char digit, std::optional<std::string> user_name) {
  UserRecord record = testing::StoredUser();
  record.user.user_id.back() = digit;
  record.user.user_name = std::move(user_name);
  return record;
}

// Holds items by their keys. Before each read but the first, the next change is applied.
class ChangingStore final : public storage::TableStore {
 public:
  using Items = std::map<std::string, Item>;  // by partition and sort key

  Task<Result<storage::TransactionResult>> TransactWrite(storage::Transaction, Deadline) override {
    co_return Error::Internal();
  }
  Task<Result<std::vector<std::optional<Item>>>> Get(std::vector<storage::Key> keys,
                                                     Deadline) override {
    if (reads++ > 0 && !changes.empty()) {
      items = std::move(changes.front());
      changes.erase(changes.begin());
    }
    std::vector<std::optional<Item>> found;
    for (const storage::Key& key : keys) {
      const auto at = items.find(key.partition + " " + key.sort);
      found.push_back(at == items.end() ? std::nullopt : std::optional(at->second));
    }
    co_return found;
  }
  Task<Result<std::vector<std::optional<Item>>>> GetEach(std::vector<storage::Key>,
                                                         Deadline) override {
    co_return Error::Internal();
  }
  Task<Result<storage::Page>> Query(storage::QueryRange, Deadline) override {
    co_return Error::Internal();
  }

  // The items of these users.
  static Items Of(const std::vector<UserRecord>& users) {
    Items items;
    for (const UserRecord& user : users) {
      Change change;
      AddCreation(change, user, testing::UnsealedEntry(1));
      for (const storage::WriteOp& write : change.writes) {
        items[write.key().partition + " " + write.key().sort] = write.item();
      }
    }
    return items;
  }

  Items items;
  std::vector<Items> changes;
  int reads = 0;
};

class FindByHandleTest : public ::testing::Test {
 protected:
  // Returns the ids of the users that have this user name, or "an error".
  std::string Find(const std::string& name, std::optional<UserStatus> status = std::nullopt) {
    UserService users(store_, roles_, ids_, clock_, log_);
    const CallContext context(domain::Caller(), "test", DeadlineIn(std::chrono::seconds(60)));
    const auto page =
        testing::RunTask(users.FindByHandle(context, HandleKind::kUserName, name, status));
    if (!page.ok()) return "an error";
    EXPECT_EQ(page->continue_after, std::nullopt);
    std::string found;
    for (const auto& user : page->users) found += user.user_id.back();
    return found;
  }

  ChangingStore store_;
  const SystemClock clock_;
  testing::MemorySink sink_;
  const Log log_{sink_, clock_, LogLevel::kDebug};
  const domain::RoleCatalogue roles_ =
      *domain::RoleCatalogue::Parse(domain::DefaultRoleCatalogue());
  UlidGenerator ids_{clock_};
};

TEST_F(FindByHandleTest, ReadsTheItemOfTheHandleAndThenTheListItem) {
  store_.items = ChangingStore::Of({Named('1', "Ada")});
  EXPECT_EQ(Find("aDA"), "1");
  EXPECT_EQ(store_.reads, 2);
  EXPECT_EQ(Find("Eve"), "");
  EXPECT_EQ(store_.reads, 3);
  EXPECT_EQ(Find("Ada", UserStatus::kActive), "1");
  EXPECT_EQ(Find("Ada", UserStatus::kDisabled), "");
}

TEST_F(FindByHandleTest, ReadsAgainIfTheHandleMovesToAnotherUser) {
  store_.items = ChangingStore::Of({Named('1', "ada"), Named('2', std::nullopt)});
  store_.changes = {ChangingStore::Of({Named('1', std::nullopt), Named('2', "ada")})};
  EXPECT_EQ(Find("ada"), "2");
  EXPECT_EQ(store_.reads, 4);
}

TEST_F(FindByHandleTest, ShowsNobodyIfTheHandleIsGivenUpMeanwhile) {
  store_.items = ChangingStore::Of({Named('1', "ada")});
  store_.changes = {ChangingStore::Of({Named('1', "eve")})};
  EXPECT_EQ(Find("ada"), "");
  EXPECT_EQ(store_.reads, 3);
}

TEST_F(FindByHandleTest, ShowsNobodyIfTheUserIsDeletedMeanwhile) {
  store_.items = ChangingStore::Of({Named('1', "ada")});
  store_.changes = {ChangingStore::Items()};
  EXPECT_EQ(Find("ada"), "");
}

}  // namespace
}  // namespace users::service
