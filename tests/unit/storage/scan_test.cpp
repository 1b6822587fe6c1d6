#include "storage/local/scan.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace users::storage::local {
namespace {

using Keys = std::vector<std::string>;

// An iterator over keys in blocks, as RocksDB reads them: whoever comes into a bad block is told
// so, and can go on behind it only by seeking there.
class BlockIterator final : public rocksdb::Iterator {
 public:
  // `block_of` and `bad`: the block of each key, and whether each block is bad.
  BlockIterator(Keys keys, std::vector<std::size_t> block_of, std::vector<bool> bad)
      : keys_(std::move(keys)), block_of_(std::move(block_of)), bad_(std::move(bad)) {}

  bool Valid() const override { return !failed_ && at_ < keys_.size(); }
  void SeekToFirst() override { MoveTo(0); }
  void SeekToLast() override { MoveTo(keys_.empty() ? 0 : keys_.size() - 1); }
  void Seek(const rocksdb::Slice& target) override {
    ++seeks_;
    const auto found = std::lower_bound(keys_.begin(), keys_.end(), target.ToString());
    MoveTo(static_cast<std::size_t>(found - keys_.begin()));
  }
  void SeekForPrev(const rocksdb::Slice&) override {}
  void Next() override { MoveTo(at_ + 1); }
  void Prev() override {}
  rocksdb::Slice key() const override { return keys_[at_]; }
  rocksdb::Slice value() const override { return keys_[at_]; }
  rocksdb::Status status() const override {
    return failed_ ? rocksdb::Status::Corruption("block checksum mismatch in /x/000012.sst")
                   : rocksdb::Status::OK();
  }

  int seeks() const { return seeks_; }

 private:
  void MoveTo(std::size_t at) {
    at_ = at;
    failed_ = at_ < keys_.size() && bad_[block_of_[at_]];
  }

  const Keys keys_;
  const std::vector<std::size_t> block_of_;
  const std::vector<bool> bad_;
  std::size_t at_ = 0;
  bool failed_ = false;
  int seeks_ = 0;
};

struct Scanned {
  rocksdb::Status status;
  Keys visited;
  std::vector<UnreadableKeys> skipped;
};

Scanned ScanPastDamage(rocksdb::Iterator& it) {
  Scanned scanned;
  scanned.status = Scan(
      it,
      [&](std::string_view key, std::string_view value) {
        EXPECT_EQ(key, value);
        scanned.visited.emplace_back(key);
      },
      [&](const UnreadableKeys& keys) { scanned.skipped.push_back(keys); });
  return scanned;
}

// Keys as the store has them: short ones, long ones, with a common beginning and without.
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
  BlockIterator it(keys, block_of, bad);
  const Scanned scanned = ScanPastDamage(it);

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
  RC_ASSERT(it.seeks() < 1000);
}

// Whatever is bad: no key is visited twice or out of order, and each key that is not visited is in
// a range that was skipped.
RC_GTEST_PROP(Scan, AccountsForEveryKey, ()) {
  const Keys keys = SomeKeys();
  RC_PRE(!keys.empty());
  const auto block_of = SomeBlocks(keys.size());
  std::vector<bool> bad;
  for (std::size_t block = 0; block <= block_of.back(); ++block) {
    bad.push_back(*rc::gen::inRange(0, 3) == 0);
  }
  BlockIterator it(keys, block_of, bad);
  const Scanned scanned = ScanPastDamage(it);
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
  BlockIterator it(keys, block_of, bad);
  const Scanned scanned = ScanPastDamage(it);
  EXPECT_TRUE(scanned.status.IsCorruption());
  EXPECT_EQ(scanned.skipped.size(), static_cast<std::size_t>(kMaxUnreadableRanges));
}

TEST(Scan, EndsAtTheFirstBadBlockIfNobodyTakesRanges) {
  const Keys keys = NumberedKeys(3);
  BlockIterator it(keys, {0, 1, 2}, {false, true, false});
  Keys visited;
  const auto visit = [&](std::string_view key, std::string_view) { visited.emplace_back(key); };
  EXPECT_TRUE(Scan(it, visit, nullptr).IsCorruption());
  EXPECT_EQ(visited, Keys{keys[0]});
}

TEST(Scan, OfATableThatCannotBeReadAtAllIsOneRange) {
  BlockIterator it(NumberedKeys(3), {0, 0, 0}, {true});
  const Scanned scanned = ScanPastDamage(it);
  EXPECT_TRUE(scanned.status.ok());
  ASSERT_EQ(scanned.skipped.size(), 1U);
  EXPECT_EQ(scanned.skipped[0].after, "");
  EXPECT_EQ(scanned.skipped[0].until, "");
  EXPECT_EQ(RangeWithoutKeys(scanned.skipped[0]).file, "db/000012.sst");
}

}  // namespace
}  // namespace users::storage::local
