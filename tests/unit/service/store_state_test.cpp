// The service also reads a store outside requests: it finds the greatest user id at start, and it
// probes the store.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "service/idempotency.h"
#include "service/store_probes.h"
#include "service/user_records.h"
#include "support/run_task.h"

namespace users::service {
namespace {

constexpr Timestamp kNow{std::chrono::milliseconds(1'795'381'775'123)};
constexpr std::string_view kUserId = "01ARZ3NDEKTSV4RRFFQ69G5FAW";

Result<Ulid> GreatestIn(Result<std::optional<std::string>> partition) {
  return GreatestUserId([&](std::string_view, std::size_t) { return partition; });
}

TEST(GreatestUserId, IsThatOfTheGreatestProfile) {
  const auto greatest = GreatestIn(std::optional(ProfileKey(kUserId).partition));
  ASSERT_TRUE(greatest.ok());
  EXPECT_EQ(greatest->ToString(), kUserId);
}

TEST(GreatestUserId, LooksForProfilesOfUsersOnly) {
  const auto found = GreatestUserId([](std::string_view prefix, std::size_t size) {
    const std::string profile = ProfileKey(kUserId).partition;
    EXPECT_TRUE(profile.starts_with(prefix));
    EXPECT_EQ(profile.size(), size);
    for (const std::string& other :
         {AuditKey(kUserId, 1).partition, ListItemKey(kUserId, 0).partition}) {
      EXPECT_FALSE(other.starts_with(prefix)) << other;
    }
    return Result<std::optional<std::string>>(std::nullopt);
  });
  EXPECT_EQ(found->ToString(), Ulid().ToString());
}

TEST(GreatestUserId, IsTheLeastIdIfThePartitionIsOfNoUser) {
  const auto greatest =
      GreatestIn(std::optional(ProfileKey("not a user id at all, but 26").partition));
  ASSERT_TRUE(greatest.ok());
  EXPECT_EQ(*greatest, Ulid());
}

TEST(GreatestUserId, FailsIfTheStoreCannotBeRead) {
  EXPECT_EQ(GreatestIn(Error::Unavailable("gone")).error().message, "gone");
}

// Returns one prepared result, and records what it was called with.
class OneResultStore final : public storage::TableStore {
 public:
  Task<Result<storage::TransactionResult>> TransactWrite(storage::Transaction transaction,
                                                         Deadline) override {
    written = std::move(transaction);
    co_return write_result;
  }
  Task<Result<std::vector<std::optional<storage::Item>>>> Get(std::vector<storage::Key> keys,
                                                              Deadline) override {
    read = std::move(keys);
    co_return read_result;
  }
  Task<Result<std::vector<std::optional<storage::Item>>>> GetEach(std::vector<storage::Key>,
                                                                  Deadline) override {
    co_return Error::Internal();
  }
  Task<Result<storage::Page>> Query(storage::QueryRange, Deadline) override {
    co_return Error::Internal();
  }

  Result<storage::TransactionResult> write_result = Error::Internal();
  Result<std::vector<std::optional<storage::Item>>> read_result = Error::Internal();
  storage::Transaction written;
  std::vector<storage::Key> read;
};

TEST(StoreProbes, AreReachableIfAnItemCanBeRead) {
  OneResultStore store;
  store.read_result = std::vector<std::optional<storage::Item>>(1);
  EXPECT_TRUE(testing::RunTask(IsReachable(store, Deadline::max())));
  ASSERT_EQ(store.read.size(), 1U);
  EXPECT_EQ(store.read.front().table, storage::Table::kUsers);
  store.read_result = Error::Unavailable("gone");
  EXPECT_FALSE(testing::RunTask(IsReachable(store, Deadline::max())));
}

bool IsWritableWith(OneResultStore& store, storage::OpOutcome outcome) {
  storage::TransactionResult result;
  result.committed = outcome == storage::OpOutcome::kNone;
  storage::OpReason reason;
  reason.outcome = outcome;
  if (!result.committed) result.reasons.push_back(std::move(reason));
  store.write_result = std::move(result);
  return testing::RunTask(IsWritable(store, kNow, Deadline::max()));
}

TEST(StoreProbes, AreWritableIfAnItemCanBeWritten) {
  OneResultStore store;
  EXPECT_TRUE(IsWritableWith(store, storage::OpOutcome::kNone));
  EXPECT_TRUE(IsWritableWith(store, storage::OpOutcome::kConflict));
  EXPECT_FALSE(IsWritableWith(store, storage::OpOutcome::kThrottled));
  EXPECT_FALSE(IsWritableWith(store, storage::OpOutcome::kConditionFailed));
  store.write_result = Error::Unavailable("gone");
  EXPECT_FALSE(testing::RunTask(IsWritable(store, kNow, Deadline::max())));
}

TEST(StoreProbes, WriteAnItemThatExpires) {
  OneResultStore store;
  IsWritableWith(store, storage::OpOutcome::kNone);
  ASSERT_EQ(store.written.size(), 1U);
  const storage::WriteOp& write = store.written.front();
  EXPECT_EQ(write.key().table, storage::Table::kIdempotency);
  EXPECT_EQ(write.item().FindNumber(kTtlAttribute),
            std::chrono::floor<std::chrono::seconds>(kNow + kIdempotencyLifetime)
                .time_since_epoch()
                .count());
}

}  // namespace
}  // namespace users::service
