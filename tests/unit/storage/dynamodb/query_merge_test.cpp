#include "storage/dynamodb/query_merge.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace users::storage::dynamodb {
namespace {

using Partitions = std::vector<std::set<std::string>>;

struct Read {
  Page page;
  std::size_t asks = 0;
  std::size_t rounds = 0;
};

// Simulates DynamoDB, which reports that there may be more rows even if the limit was reached with
// the last row.
Read ReadPage(const Partitions& partitions, const std::string& after, std::size_t limit) {
  QueryMerge merge(partitions.size(), after, limit);
  Read read;
  while (true) {
    const auto asks = merge.Next();
    if (asks.empty()) break;
    ++read.rounds;
    read.asks += asks.size();
    for (const auto& ask : asks) {
      PartitionRows rows;
      const auto& partition = partitions[ask.partition];
      for (auto at = partition.upper_bound(ask.after);
           at != partition.end() && rows.rows.size() < ask.limit; ++at) {
        rows.rows.push_back(Row{*at, Item()});
      }
      if (rows.rows.size() == ask.limit) rows.last = rows.rows.back().sort;
      merge.AddRows(ask.partition, std::move(rows));
    }
  }
  read.page = merge.FinishPage();
  return read;
}

TEST(RowsOfEachPartition, FollowsTheDesign) {
  EXPECT_EQ(RowsOfEachPartition(50, 1), 51U);
  EXPECT_EQ(RowsOfEachPartition(50, 8), 14U);
  EXPECT_EQ(RowsOfEachPartition(100, 8), 24U);
  EXPECT_EQ(RowsOfEachPartition(1, 8), 2U);
  EXPECT_EQ(RowsOfEachPartition(1, 1024), 1U);
}

TEST(QueryMerge, ReadsEvenlySpreadPartitionsOnce) {
  Partitions partitions(8);
  for (int i = 0; i < 800; ++i) {
    partitions[static_cast<std::size_t>(i % 8)].insert("U" + std::to_string(1000 + i));
  }
  const Read read = ReadPage(partitions, "", 50);
  EXPECT_EQ(read.page.rows.size(), 50U);
  EXPECT_TRUE(read.page.more);
  EXPECT_EQ(read.asks, 8U);
}

TEST(QueryMerge, ReadsASinglePartitionOnceAndDetectsItsEnd) {
  Partitions partitions(1);
  for (int i = 0; i < 50; ++i) partitions[0].insert("U" + std::to_string(100 + i));
  const Read whole = ReadPage(partitions, "", 50);
  EXPECT_EQ(whole.page.rows.size(), 50U);
  EXPECT_FALSE(whole.page.more);
  EXPECT_EQ(whole.asks, 1U);
  EXPECT_TRUE(ReadPage(partitions, "", 49).page.more);
}

TEST(QueryMerge, NeedsOneMoreReadIfOnePartitionHasAllRows) {
  Partitions partitions(8);
  for (int i = 0; i < 200; ++i) partitions[3].insert("U" + std::to_string(1000 + i));
  const Read read = ReadPage(partitions, "", 100);
  EXPECT_EQ(read.page.rows.size(), 100U);
  EXPECT_EQ(read.asks, 9U);
  EXPECT_EQ(read.rounds, 2U);
}

// The partition was read only up to the page's last row, so another read must find out whether rows
// follow.
TEST(QueryMerge, DetectsTheEndAfterAFullPage) {
  Partitions partitions(8);
  for (const char* sort : {"a", "b", "c"}) partitions[3].insert(sort);
  const Read last = ReadPage(partitions, "", 3);
  EXPECT_EQ(last.page.rows.size(), 3U);
  EXPECT_FALSE(last.page.more);
  EXPECT_EQ(last.asks, 9U);

  partitions[3].insert("d");
  const Read first = ReadPage(partitions, "", 3);
  EXPECT_EQ(first.page.rows.size(), 3U);
  EXPECT_TRUE(first.page.more);
}

TEST(QueryMerge, EndsAPageAtOneMegabyte) {
  QueryMerge merge(2, "", 10);
  Item large;
  large.SetString("text", std::string(400'000, 'x'));
  ASSERT_EQ(merge.Next().size(), 2U);
  PartitionRows first;
  for (const char* sort : {"a", "c", "e", "g"}) first.rows.push_back(Row{sort, large});
  merge.AddRows(0, std::move(first));
  merge.AddRows(1, PartitionRows());
  EXPECT_TRUE(merge.Next().empty());
  const Page page = merge.FinishPage();
  EXPECT_EQ(page.rows.size(), 3U);
  EXPECT_TRUE(page.more);
}

// For any distribution of rows, a walk returns each row once and in order, always advances, and
// ends with the last row.
RC_GTEST_PROP(QueryMerge, ReturnsEachRowOnceInOrder, ()) {
  const auto count = *rc::gen::inRange<std::size_t>(1, 10);
  const auto rows = *rc::gen::inRange(0, 120);
  const auto limit = *rc::gen::inRange<std::size_t>(1, 40);
  Partitions partitions(count);
  std::vector<std::string> expected;
  for (int i = 0; i < rows; ++i) {
    std::string sort = "U" + std::to_string(1000 + i);
    // Sometimes unevenly distributed.
    const auto most = *rc::gen::element<std::size_t>(1, count);
    partitions[*rc::gen::inRange<std::size_t>(0, most)].insert(sort);
    expected.push_back(std::move(sort));
  }
  std::vector<std::string> walked;
  std::string after;
  while (true) {
    const Page page = ReadPage(partitions, after, limit).page;
    RC_ASSERT(page.rows.size() <= limit);
    for (const Row& row : page.rows) walked.push_back(row.sort);
    RC_ASSERT(page.more == (walked.size() < expected.size()));
    if (!page.more) break;
    RC_ASSERT(page.rows.size() == limit);
    after = page.rows.back().sort;
  }
  RC_ASSERT(walked == expected);
}

}  // namespace
}  // namespace users::storage::dynamodb
