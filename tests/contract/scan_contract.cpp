// Scans of the partitions with a prefix.
#include <map>

#include "contract/table_store_contract.h"
#include "support/items.h"

namespace users::testing {
namespace {

using storage::Item;
using storage::Key;
using storage::ScanRange;
using storage::Table;
using storage::Transaction;
using storage::WriteOp;

std::string NameOf(const Key& key) {
  return key.partition + "/" + key.sort;
}

TEST_P(TableStoreContract, ScanFindsThePartitionsWithThePrefixes) {
  Transaction transaction;
  int number = 0;
  for (const char* partition : {"USER#1", "USER#22", "USER#", "USERS#1", "USER", "user#1", "A",
                                "USER_ROLE#a#0", "USER_ROLE#a-longer-role#0", "USER_LIST#0", "Z"}) {
    transaction.push_back(WriteOp::Put(UserKey(partition, "a"), Numbered(++number)));
    transaction.push_back(WriteOp::Put(UserKey(partition, "b"), Numbered(++number)));
  }
  transaction.push_back(WriteOp::Put(RecordKey("USER#1"), Numbered(++number)));
  ASSERT_TRUE(Write(transaction).committed);

  std::map<std::string, std::int64_t> expected;
  for (const WriteOp& write : transaction) {
    const Key& key = write.key();
    const bool wanted =
        key.partition.starts_with("USER#") || key.partition.starts_with("USER_ROLE#");
    if (wanted && key.table == Table::kUsers) expected[NameOf(key)] = NumberOf(write.item());
  }
  ScanRange range(Table::kUsers, {"USER#", "USER_ROLE#"});
  std::map<std::string, std::int64_t> found;
  for (int page_number = 0; page_number < 100; ++page_number) {
    const auto page = Scan(range);
    for (const auto& [key, item] : page.items) {
      EXPECT_EQ(key.table, Table::kUsers);
      EXPECT_TRUE(found.emplace(NameOf(key), NumberOf(item)).second) << NameOf(key);
    }
    if (!page.continue_after) break;
    range.after = page.continue_after;
  }
  EXPECT_EQ(found, expected);
}

TEST_P(TableStoreContract, ScanOfNothingIsEmpty) {
  ASSERT_TRUE(Write({WriteOp::Put(UserKey("A"), Numbered(1))}).committed);
  const auto page = Scan(ScanRange(Table::kUsers, {"B"}));
  EXPECT_TRUE(page.items.empty());
  EXPECT_FALSE(page.continue_after);
  EXPECT_TRUE(Scan(ScanRange(Table::kIdempotency, {"A"})).items.empty());
}

// Items that exist throughout are found exactly once, in pages of bounded size, although others
// come and go between the pages.
TEST_P(TableStoreContract, ScanFindsEveryItemOnceAcrossPages) {
  constexpr int kItems = 60;
  const std::string filler(60'000, 'x');
  std::map<std::string, int> expected;
  for (int i = 0; i < kItems; ++i) {
    Item item = Numbered(i);
    item.SetString("filler", filler);
    const Key key = UserKey("P#" + std::to_string(i));
    expected[NameOf(key)] = 1;
    ASSERT_TRUE(Write({WriteOp::Put(key, item),
                       WriteOp::Put(UserKey("Q#" + std::to_string(i)), Numbered(i))})
                    .committed);
  }
  ScanRange range(Table::kUsers, {"P#"});
  std::map<std::string, int> found;
  int pages = 0;
  while (true) {
    const auto page = Scan(range);
    ++pages;
    std::size_t bytes = 0;
    for (const auto& [key, item] : page.items) {
      ++found[NameOf(key)];
      bytes += item.SizeInBytes();
    }
    EXPECT_LE(bytes, storage::kMaxPageBytes + filler.size() + 1'000);
    ASSERT_TRUE(Write({WriteOp::Delete(UserKey("Q#" + std::to_string(pages))),
                       WriteOp::Put(UserKey("R#" + std::to_string(pages)), Numbered(1))})
                    .committed);
    if (!page.continue_after) break;
    range.after = page.continue_after;
    ASSERT_LT(pages, 1'000);
  }
  EXPECT_GT(pages, 2);
  EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace users::testing
