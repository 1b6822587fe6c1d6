#include "storage/local/scan.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace users::storage::local {
namespace {

using Keys = std::vector<std::string>;

// Keys in blocks. Some blocks are bad.
struct Blocks {
  Keys keys;
  std::vector<std::size_t> block_of;  // of each key
  std::vector<bool> bad;              // of each block
  int iterators = 0;                  // how many were made
};

// Reads blocks as RocksDB does. An iterator that has reached a bad block is unusable afterwards,
// which may also happen with RocksDB's.
class BlockIterator final : public rocksdb::Iterator {
 public:
  explicit BlockIterator(Blocks& blocks) : blocks_(blocks) { ++blocks_.iterators; }

  bool Valid() const override { return !failed_ && at_ < blocks_.keys.size(); }
  void SeekToFirst() override { MoveTo(0); }
  void SeekToLast() override { MoveTo(blocks_.keys.empty() ? 0 : blocks_.keys.size() - 1); }
  void Seek(const rocksdb::Slice& target) override {
    const Keys& keys = blocks_.keys;
    const auto found = std::lower_bound(keys.begin(), keys.end(), target.ToString());
    MoveTo(static_cast<std::size_t>(found - keys.begin()));
  }
  void SeekForPrev(const rocksdb::Slice&) override {}
  void Next() override { MoveTo(at_ + 1); }
  void Prev() override {}
  rocksdb::Slice key() const override { return blocks_.keys[at_]; }
  rocksdb::Slice value() const override { return blocks_.keys[at_]; }
  rocksdb::Status status() const override {
    return failed_ ? rocksdb::Status::Corruption("block checksum mismatch in /x/000012.sst")
                   : rocksdb::Status::OK();
  }

 private:
  void MoveTo(std::size_t at) {
    at_ = at;
    failed_ = failed_ || (at_ < blocks_.keys.size() && blocks_.bad[blocks_.block_of[at_]]);
  }

  Blocks& blocks_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

MakeIterator IteratorsOf(Blocks& blocks) {
  return [&blocks] { return std::make_unique<BlockIterator>(blocks); };
}

struct Scanned {
  rocksdb::Status status;
  Keys visited;
  std::vector<UnreadableKeys> skipped;
};

Scanned ScanPastDamage(Blocks& blocks) {
  Scanned scanned;
  scanned.status = Scan(
      IteratorsOf(blocks),
      [&](std::string_view key, std::string_view value) {
        EXPECT_EQ(key, value);
        scanned.visited.emplace_back(key);
      },
      [&](const UnreadableKeys& keys) { scanned.skipped.push_back(keys); });
  return scanned;
}

// Keys as in a store: short and long ones, with and without a common prefix.
Keys SomeKeys() {
  const auto tail = *rc::gen::inRange<std::size_t>(1, 12);
  const auto prefix = *rc::gen::element<std::string>("", std::string("\0\x1fUSER#01JD", 11),
                                                     std::string("\0\x45IDEM#", 7));
  const auto keys = *rc::gen::container<std::set<std::string>>(
      rc::gen::container<std::string>(tail, rc::gen::arbitrary<char>()));
  Keys all;
  for (const std::string& key : keys) all.push_back(prefix + key);
  return all;
}

// Consecutive keys in blocks of one to four.
std::vector<std::size_t> SomeBlocks(std::size_t keys) {
  std::vector<std::size_t> block_of;
  for (std::size_t block = 0; block_of.size() < keys; ++block) {
    const auto size = *rc::gen::inRange<std::size_t>(1, 5);
    for (std::size_t i = 0; i < size && block_of.size() < keys; ++i) block_of.push_back(block);
  }
  return block_of;
}

RC_GTEST_PROP(Scan, VisitsEveryKeyOutsideASingleBadBlock, ()) {
  const Keys keys = SomeKeys();
  RC_PRE(!keys.empty());
  const auto block_of = SomeBlocks(keys.size());
  std::vector<bool> bad(block_of.back() + 1);
  const auto bad_block = *rc::gen::inRange<std::size_t>(0, bad.size());
  bad[bad_block] = true;
  Blocks blocks{keys, block_of, bad};
  const Scanned scanned = ScanPastDamage(blocks);

  Keys expected;
  std::string before;
  std::string behind;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (block_of[i] == bad_block) continue;
    expected.push_back(keys[i]);
    if (block_of[i] < bad_block) before = keys[i];
    if (block_of[i] > bad_block && behind.empty()) behind = keys[i];
  }
  RC_ASSERT(scanned.status.ok());
  RC_ASSERT(scanned.visited == expected);
  RC_ASSERT(scanned.skipped.size() == 1U);
  RC_ASSERT(scanned.skipped[0].after == before);
  RC_ASSERT(scanned.skipped[0].until == behind);
  RC_ASSERT(scanned.skipped[0].status.IsCorruption());
  RC_ASSERT(blocks.iterators < 1000);
}

// For any bad blocks, no key is visited twice or out of order, and each key that is not visited is
// in a skipped range.
RC_GTEST_PROP(Scan, AccountsForEveryKey, ()) {
  const Keys keys = SomeKeys();
  RC_PRE(!keys.empty());
  const auto block_of = SomeBlocks(keys.size());
  std::vector<bool> bad;
  for (std::size_t block = 0; block <= block_of.back(); ++block) {
    bad.push_back(*rc::gen::inRange(0, 3) == 0);
  }
  Blocks blocks{keys, block_of, bad};
  const Scanned scanned = ScanPastDamage(blocks);
  RC_ASSERT(scanned.status.ok());
  RC_ASSERT(std::is_sorted(scanned.visited.begin(), scanned.visited.end()));
  const std::set<std::string> visited(scanned.visited.begin(), scanned.visited.end());
  RC_ASSERT(visited.size() == scanned.visited.size());
  for (const std::string& key : keys) {
    const bool skipped = std::any_of(
        scanned.skipped.begin(), scanned.skipped.end(), [&](const UnreadableKeys& range) {
          return range.after < key && (range.until.empty() || key < range.until);
        });
    RC_ASSERT(visited.contains(key) != skipped);
  }
}

Keys NumberedKeys(std::size_t count) {
  Keys keys;
  for (std::size_t i = 0; i < count; ++i) keys.push_back(std::to_string(1'000'000 + i));
  return keys;
}

TEST(Scan, GivesUpAfterTooManyBadRanges) {
  const Keys keys = NumberedKeys(10'000);
  std::vector<std::size_t> block_of;
  std::vector<bool> bad;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    block_of.push_back(i);
    bad.push_back(i % 2 == 1);
  }
  Blocks blocks{keys, block_of, bad};
  const Scanned scanned = ScanPastDamage(blocks);
  EXPECT_TRUE(scanned.status.IsCorruption());
  EXPECT_EQ(scanned.skipped.size(), static_cast<std::size_t>(kMaxUnreadableRanges));
}

TEST(Scan, EndsAtTheFirstBadBlockWithoutACallback) {
  const Keys keys = NumberedKeys(3);
  Blocks blocks{keys, {0, 1, 2}, {false, true, false}};
  Keys visited;
  const auto visit = [&](std::string_view key, std::string_view) { visited.emplace_back(key); };
  EXPECT_TRUE(Scan(IteratorsOf(blocks), visit, nullptr).IsCorruption());
  EXPECT_EQ(visited, Keys{keys[0]});
}

TEST(Scan, ReportsAnUnreadableTableAsOneRange) {
  Blocks blocks{NumberedKeys(3), {0, 0, 0}, {true}};
  const Scanned scanned = ScanPastDamage(blocks);
  EXPECT_TRUE(scanned.status.ok());
  ASSERT_EQ(scanned.skipped.size(), 1U);
  EXPECT_EQ(scanned.skipped[0].after, "");
  EXPECT_EQ(scanned.skipped[0].until, "");
  EXPECT_EQ(RangeWithoutKeys(scanned.skipped[0]).file, "db/000012.sst");
}

}  // namespace
}  // namespace users::storage::local
