#include "storage/local/expiry_filter.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "storage/item.h"

namespace users::storage::local {
namespace {

class ExpiryFilterTest : public ::testing::Test {
 protected:
  bool Drops(const std::string& bytes) const {
    bool changed = false;
    const bool drops = filter_->Filter(0, "key", bytes, nullptr, &changed);
    EXPECT_FALSE(changed);
    return drops;
  }
  bool DropsItemOf(std::int64_t ttl) const {
    Item item;
    item.SetNumber("ttl", ttl);
    return Drops(item.encoded());
  }

  ManualClock clock_{*ParseTimestamp("2026-11-22T21:09:35Z")};
  const std::unique_ptr<rocksdb::CompactionFilter> filter_ = MakeExpiryFilter(clock_, "ttl");
};

TEST_F(ExpiryFilterTest, DropsOnlyExpiredItems) {
  const auto now =
      std::chrono::floor<std::chrono::seconds>(clock_.Now()).time_since_epoch().count();
  for (const std::int64_t ttl : {now, now - 1, now - 86'400, std::int64_t{0}, std::int64_t{-1}}) {
    EXPECT_TRUE(DropsItemOf(ttl)) << ttl - now;
  }
  for (const std::int64_t ttl : {now + 1, now + 60, now + 86'400}) {
    EXPECT_FALSE(DropsItemOf(ttl)) << ttl - now;
  }
}

TEST_F(ExpiryFilterTest, KeepsItemsWithoutExpiryAndMalformedItems) {
  Item item;
  item.SetNumber("other", 1);
  EXPECT_FALSE(Drops(item.encoded()));
  item.SetString("ttl", "1");
  EXPECT_FALSE(Drops(item.encoded()));
  EXPECT_FALSE(Drops(""));
  EXPECT_FALSE(Drops("no item"));
}

}  // namespace
}  // namespace users::storage::local
