// Pages of a list by role: the role items give the position, the list items the users.
#include <gtest/gtest.h>

#include <atomic>
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

using domain::UserStatus;
using storage::Item;

std::string IdOf(int number) {
  return "01ARZ3NDEKTSV4RRFFQ69G5FA" + std::to_string(number);
}

UserRecord Holder(int number, const std::string& role, UserStatus status = UserStatus::kActive) {
  UserRecord record = testing::StoredUser();
  record.user.user_id = IdOf(number);
  record.user.roles = {role};
  record.user.status = status;
  return record;
}

// Returns the role items of one page, and the list items that are asked for next.
class OnePageStore final : public storage::TableStore {
 public:
  Task<Result<storage::TransactionResult>> TransactWrite(storage::Transaction, Deadline) override {
    co_return Error::Internal();
  }
  Task<Result<std::vector<std::optional<Item>>>> Get(std::vector<storage::Key>, Deadline) override {
    co_return Error::Internal();
  }
  Task<Result<std::vector<std::optional<Item>>>> GetEach(std::vector<storage::Key> keys,
                                                         Deadline) override {
    ++reads;
    asked = std::move(keys);
    co_return list_items;
  }
  Task<Result<storage::Page>> Query(storage::QueryRange range, Deadline) override {
    ++reads;
    partitions = std::move(range.partitions);
    co_return page;
  }

  // Adds a role item, and the list item of its user, if it has one.
  void Add(const UserRecord& holder, std::optional<UserRecord> listed) {
    page.rows.push_back(storage::Row{"USER#" + holder.user.user_id, EncodeReference(holder)});
    list_items.push_back(listed ? std::optional(EncodeSummary(listed->user)) : std::nullopt);
  }

  storage::Page page;
  std::vector<std::optional<Item>> list_items;
  std::vector<storage::Key> asked;
  std::vector<std::string> partitions;
  int reads = 0;
};

class RoleListTest : public ::testing::Test {
 protected:
  Result<ListPage> List(std::optional<UserStatus> status = std::nullopt) {
    UserService users(store_, roles_, ids_, clock_, log_, options_);
    ListQuery query;
    query.filter.role = "editor";
    query.filter.status = status;
    query.after = IdOf(0);
    return testing::RunTask(users.ListUsers(CallContext(), query));
  }
  static std::vector<std::string> IdsOf(const ListPage& page) {
    std::vector<std::string> ids;
    for (const auto& user : page.users) ids.push_back(user.user_id);
    return ids;
  }

  OnePageStore store_;
  UserServiceOptions options_;
  const SystemClock clock_;
  testing::MemorySink sink_;
  const Log log_{sink_, clock_, LogLevel::kDebug};
  const domain::RoleCatalogue roles_ =
      *domain::RoleCatalogue::Parse(domain::DefaultRoleCatalogue());
  UlidGenerator ids_{clock_};
};

TEST_F(RoleListTest, ReadsTheListItemOfEachHolder) {
  store_.Add(Holder(1, "editor"), Holder(1, "editor"));
  store_.Add(Holder(2, "editor"), Holder(2, "editor", UserStatus::kDisabled));
  const auto page = List();
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(IdsOf(*page), (std::vector{IdOf(1), IdOf(2)}));
  EXPECT_EQ(page->continue_after, std::nullopt);
  EXPECT_EQ(store_.partitions, (std::vector<std::string>{"USER_ROLE#editor#0"}));
  EXPECT_EQ(store_.asked, (std::vector{ListItemKey(IdOf(1), 3), ListItemKey(IdOf(2), 3)}));
  EXPECT_EQ(store_.reads, 2);
}

// Such an item is left over from an earlier version of the program, or the user has changed between
// the two reads.
TEST_F(RoleListTest, ShowsNothingForAStaleRoleItem) {
  store_.Add(Holder(1, "editor"), Holder(1, "viewer"));
  store_.Add(Holder(2, "editor"), std::nullopt);
  store_.Add(Holder(3, "editor"), Holder(3, "editor"));
  const auto page = List();
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(IdsOf(*page), std::vector{IdOf(3)});
}

TEST_F(RoleListTest, MayReturnAShortPageThatContinues) {
  store_.Add(Holder(1, "editor"), Holder(1, "editor"));
  store_.Add(Holder(2, "editor"), Holder(2, "editor", UserStatus::kDisabled));
  store_.page.more = true;
  const auto active = List(UserStatus::kActive);
  ASSERT_TRUE(active.ok());
  EXPECT_EQ(IdsOf(*active), std::vector{IdOf(1)});
  EXPECT_EQ(active->continue_after, IdOf(2));
  const auto disabled = List(UserStatus::kDisabled);
  ASSERT_TRUE(disabled.ok());
  EXPECT_EQ(IdsOf(*disabled), std::vector{IdOf(2)});
  EXPECT_EQ(disabled->continue_after, IdOf(2));
}

TEST_F(RoleListTest, ContinuesAPageThatShowsNobody) {
  store_.Add(Holder(4, "editor"), std::nullopt);
  store_.page.more = true;
  const auto page = List();
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->users.size(), 0U);
  EXPECT_EQ(page->continue_after, IdOf(4));
}

// A page that read nothing continues where it began.
TEST_F(RoleListTest, ReadsNoListItemsWithoutHolders) {
  auto page = List();
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->continue_after, std::nullopt);
  EXPECT_EQ(store_.reads, 1);
  store_.page.more = true;
  page = List();
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->continue_after, IdOf(0));
}

TEST_F(RoleListTest, FailsOnABrokenItem) {
  store_.Add(Holder(1, "editor"), Holder(1, "editor"));
  store_.list_items[0] = Item();
  auto page = List();
  ASSERT_FALSE(page.ok());
  EXPECT_EQ(page.error().code, ErrorCode::kInternal);
  store_.list_items.clear();
  store_.page.rows[0].item = Item();
  page = List();
  ASSERT_FALSE(page.ok());
  EXPECT_EQ(page.error().code, ErrorCode::kInternal);
}

TEST_F(RoleListTest, IsUnavailableWhileUsersMayLackItems) {
  std::atomic<bool> has_all_items{false};
  options_.has_all_items = &has_all_items;
  const auto code_of = [&](std::optional<std::string> role, std::optional<UserStatus> status) {
    UserService users(store_, roles_, ids_, clock_, log_, options_);
    ListQuery query;
    query.filter.role = std::move(role);
    query.filter.status = status;
    const auto page = testing::RunTask(users.ListUsers(CallContext(), query));
    return page.ok() ? std::nullopt : std::optional(page.error().code);
  };
  EXPECT_EQ(code_of("editor", std::nullopt), ErrorCode::kUnavailable);
  EXPECT_EQ(code_of(std::nullopt, UserStatus::kDeleted), ErrorCode::kUnavailable);
  EXPECT_EQ(code_of(std::nullopt, std::nullopt), std::nullopt);
  EXPECT_EQ(code_of(std::nullopt, UserStatus::kActive), std::nullopt);
  has_all_items = true;
  EXPECT_EQ(code_of("editor", std::nullopt), std::nullopt);
  EXPECT_EQ(code_of(std::nullopt, UserStatus::kDeleted), std::nullopt);
}

}  // namespace
}  // namespace users::service
