// Pages of one and of several partitions.
#include "contract/table_store_contract.h"
#include "support/items.h"

namespace users::testing {
namespace {

using storage::Item;
using storage::Page;
using storage::QueryRange;
using storage::Table;
using storage::Transaction;
using storage::WriteOp;

TEST_P(TableStoreContract, QueryReadsOnePartitionInOrder) {
  Transaction transaction;
  for (const char* sort : {"b", "a", "c", "B", "aa", "ä"}) {
    transaction.push_back(WriteOp::Put(UserKey("P", sort), Numbered(1)));
  }
  // Neighbours that must not appear: a prefix, an extension, and partitions before and after.
  transaction.push_back(WriteOp::Put(UserKey("PP", "a"), Numbered(1)));
  transaction.push_back(WriteOp::Put(UserKey("O", "z"), Numbered(1)));
  transaction.push_back(WriteOp::Put(UserKey("Q", "a"), Numbered(1)));
  ASSERT_TRUE(Write(transaction).committed);
  const Page page = Query(QueryRange(Table::kUsers, {"P"}, "", 100));
  std::vector<std::string> sorts;
  for (const auto& row : page.rows) sorts.push_back(row.sort);
  EXPECT_EQ(sorts, (std::vector<std::string>{"B", "a", "aa", "b", "c", "ä"}));
}

TEST_P(TableStoreContract, ReturnsAnEmptyPageForAnEmptyPartition) {
  const Page page = Query(QueryRange(Table::kUsers, {"P"}, "", 10));
  EXPECT_TRUE(page.rows.empty());
  EXPECT_FALSE(page.more);
}

TEST_P(TableStoreContract, QueryExcludesTheAfterKey) {
  ASSERT_TRUE(Write({WriteOp::Put(UserKey("P", "a"), Numbered(1)),
                     WriteOp::Put(UserKey("P", "b"), Numbered(2)),
                     WriteOp::Put(UserKey("P", "c"), Numbered(3))})
                  .committed);
  const Page after_b = Query(QueryRange(Table::kUsers, {"P"}, "b", 10));
  ASSERT_EQ(after_b.rows.size(), 1U);
  EXPECT_EQ(after_b.rows[0].sort, "c");
  const Page between = Query(QueryRange(Table::kUsers, {"P"}, "aa", 10));
  EXPECT_EQ(between.rows.size(), 2U);
  EXPECT_TRUE(Query(QueryRange(Table::kUsers, {"P"}, "c", 10)).rows.empty());
}

QueryRange Between(std::vector<std::string> partitions, std::string after, std::string last,
                   std::size_t limit) {
  QueryRange range(Table::kUsers, std::move(partitions), std::move(after), limit);
  range.last = std::move(last);
  return range;
}

TEST_P(TableStoreContract, QueryIncludesTheLastKeyAndNothingBehindIt) {
  Transaction transaction;
  for (const char* sort : {"a", "b", "ba", "c", "d"}) {
    transaction.push_back(WriteOp::Put(UserKey("P", sort), Numbered(1)));
    transaction.push_back(WriteOp::Put(UserKey("Q", sort), Numbered(1)));
  }
  ASSERT_TRUE(Write(transaction).committed);
  const auto found = [&](const char* after, const char* last, std::size_t limit = 10) {
    const Page page = Query(Between({"P"}, after, last, limit));
    std::string sorts = page.more ? "more" : "";
    for (const auto& row : page.rows) sorts += " " + row.sort;
    return sorts;
  };
  EXPECT_EQ(found("", "c"), " a b ba c");
  EXPECT_EQ(found("", "b"), " a b");
  EXPECT_EQ(found("a", "c"), " b ba c");
  EXPECT_EQ(found("aa", "bz"), " b ba");  // neither end is a key
  EXPECT_EQ(found("c", "z"), " d");
  EXPECT_EQ(found("b", "b"), "");
  EXPECT_EQ(found("c", "b"), "");
  EXPECT_EQ(found("", "A"), "");
  EXPECT_EQ(found("z", "zz"), "");
  EXPECT_EQ(found("", "b", 1), "more a");
  EXPECT_EQ(found("", "b", 2), " a b");  // rows behind the last key do not count as more
  EXPECT_EQ(found("a", "b", 1), " b");
}

TEST_P(TableStoreContract, WalksABoundedRangeAcrossShards) {
  const std::vector<std::string> shards = {"L#0", "L#1", "L#2"};
  std::vector<std::string> all;
  Transaction transaction;
  for (int i = 0; i < 60; ++i) {
    const std::string sort = "U" + std::to_string(100 + i);
    const std::size_t shard = i % 5 == 0 ? 1 : i % 3 == 0 ? 2 : 0;
    transaction.push_back(WriteOp::Put(UserKey(shards[shard], sort), Numbered(i)));
    all.push_back(sort);
  }
  ASSERT_TRUE(Write(transaction).committed);
  for (const auto& [after, last] : {std::pair("", "U139"), std::pair("U109", "U139"),
                                    std::pair("U109x", "U139x"), std::pair("U150", "V")}) {
    std::vector<std::string> expected = all;
    std::erase_if(expected, [&](const std::string& sort) { return sort <= after || sort > last; });
    for (const std::size_t limit : {1U, 2U, 7U, 100U}) {
      std::vector<std::string> walked;
      std::string from = after;
      for (int pages = 0; pages < 100; ++pages) {
        const Page page = Query(Between(shards, from, last, limit));
        for (const auto& row : page.rows) walked.push_back(row.sort);
        EXPECT_EQ(page.more, walked.size() < expected.size()) << after << " " << limit;
        if (!page.more) break;
        ASSERT_FALSE(page.rows.empty());
        from = page.rows.back().sort;
      }
      EXPECT_EQ(walked, expected) << after << " to " << last << ", limit " << limit;
    }
  }
}

TEST_P(TableStoreContract, FindsEachRowOnceInOrderAcrossShards) {
  const std::vector<std::string> shards = {"L#0", "L#1", "L#2", "L#3", "L#4"};
  std::vector<std::string> expected;
  Transaction transaction;
  for (int i = 0; i < 97; ++i) {
    const std::string sort = "U" + std::to_string(1000 + i);
    // Uneven on purpose: most rows are in one shard, and one shard is empty.
    const std::size_t shard = i % 7 == 0 ? 1 : i % 11 == 0 ? 2 : i % 13 == 0 ? 4 : 0;
    transaction.push_back(WriteOp::Put(UserKey(shards[shard], sort), Numbered(i)));
    expected.push_back(sort);
  }
  ASSERT_TRUE(Write(transaction).committed);
  for (const std::size_t limit : {1U, 2U, 7U, 50U, 96U, 97U, 100U}) {
    std::vector<std::string> walked;
    std::string after;
    for (int pages = 0; pages < 200; ++pages) {
      const Page page = Query(QueryRange(Table::kUsers, shards, after, limit));
      EXPECT_LE(page.rows.size(), limit);
      for (const auto& row : page.rows) walked.push_back(row.sort);
      EXPECT_EQ(page.more, walked.size() < expected.size()) << "limit " << limit;
      if (!page.more) break;
      ASSERT_FALSE(page.rows.empty()) << "an empty page would end a walk early";
      after = page.rows.back().sort;
    }
    EXPECT_EQ(walked, expected) << "limit " << limit;
  }
}

TEST_P(TableStoreContract, EndsPagesAtAboutAMegabyte) {
  for (int i = 0; i < 8; ++i) {
    Item item = Numbered(i);
    item.SetString("text", std::string(300'000, 'x'));
    ASSERT_TRUE(Write({WriteOp::Put(UserKey("P", std::to_string(i)), item)}).committed);
  }
  std::size_t rows = 0;
  std::string after;
  int pages = 0;
  while (true) {
    const Page page = Query(QueryRange(Table::kUsers, {"P"}, after, 100));
    ++pages;
    EXPECT_LE(page.rows.size(), 4U);
    rows += page.rows.size();
    if (!page.more) break;
    ASSERT_FALSE(page.rows.empty());
    after = page.rows.back().sort;
  }
  EXPECT_EQ(rows, 8U);
  EXPECT_GE(pages, 2);
}

}  // namespace
}  // namespace users::testing
