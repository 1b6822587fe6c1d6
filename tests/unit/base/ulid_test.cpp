#include "base/ulid.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/sha256.h"

namespace users {
namespace {

using namespace std::string_view_literals;
using std::chrono::milliseconds;

Timestamp At(std::int64_t since_1970) {
  return Timestamp(milliseconds(since_1970));
}

std::int64_t MillisecondsOf(const Ulid& ulid) {
  std::int64_t value = 0;
  for (std::size_t i = 0; i < 6; ++i) value = (value << 8) | ulid.bytes[i];
  return value;
}

rc::Gen<Ulid> AnyUlid() {
  return rc::gen::map(
      rc::gen::container<std::array<std::uint8_t, 16>>(rc::gen::arbitrary<std::uint8_t>()),
      [](const std::array<std::uint8_t, 16>& bytes) { return Ulid{bytes}; });
}

TEST(Ulid, MatchesTheSpecificationExample) {
  const auto ulid = ParseUlid("01ARZ3NDEKTSV4RRFFQ69G5FAV");
  ASSERT_TRUE(ulid);
  EXPECT_EQ(ToHex(ulid->bytes), "01563e3ab5d3d6764c61efb99302bd5b");
  EXPECT_EQ(ulid->ToString(), "01ARZ3NDEKTSV4RRFFQ69G5FAV");
  EXPECT_EQ(MillisecondsOf(*ulid), 1469922850259);
}

TEST(Ulid, CoversZeroToTheLargest) {
  EXPECT_EQ(Ulid{}.ToString(), "00000000000000000000000000");
  EXPECT_EQ(ParseUlid("00000000000000000000000000"), Ulid{});
  Ulid largest;
  largest.bytes.fill(0xFF);
  EXPECT_EQ(largest.ToString(), "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
  EXPECT_EQ(ParseUlid("7ZZZZZZZZZZZZZZZZZZZZZZZZZ"), largest);
}

TEST(ParseUlid, AcceptsOnly26UpperCaseCharacters) {
  for (const std::string_view text : {
           ""sv,
           "0"sv,
           "01ARZ3NDEKTSV4RRFFQ69G5FA"sv,
           "01ARZ3NDEKTSV4RRFFQ69G5FAVV"sv,
           "01arz3ndektsv4rrffq69g5fav"sv,
           "01ARZ3NDEKTSV4RRFFQ69G5FAv"sv,
           "01ARZ3NDEKTSV4RRFFQ69G5FAI"sv,
           "01ARZ3NDEKTSV4RRFFQ69G5FAL"sv,
           "01ARZ3NDEKTSV4RRFFQ69G5FAO"sv,
           "01ARZ3NDEKTSV4RRFFQ69G5FAU"sv,
           "80000000000000000000000000"sv,
           "ZZZZZZZZZZZZZZZZZZZZZZZZZZ"sv,
           " 1ARZ3NDEKTSV4RRFFQ69G5FAV"sv,
           "01ARZ3NDEKTSV4RRFFQ69G5FA "sv,
           "01ARZ3NDEK-SV4RRFFQ69G5FAV"sv,
           "01ARZ3NDEK\0SV4RRFFQ69G5FAV"sv,
           "01ARZ3NDEKTSV4RRFFQ69G5F\xC3\x84"sv,
           "\xFF"
           "1ARZ3NDEKTSV4RRFFQ69G5FAV"sv,
           "/0000000000000000000000000"sv,
       }) {
    EXPECT_FALSE(ParseUlid(text)) << text;
  }
}

RC_GTEST_PROP(Ulid, RoundTripsThroughText, ()) {
  const Ulid ulid = *AnyUlid();
  RC_ASSERT(ulid.ToString().size() == Ulid::kTextSize);
  RC_ASSERT(ParseUlid(ulid.ToString()) == std::optional(ulid));
}

RC_GTEST_PROP(Ulid, SortsAsTextLikeItsBytes, ()) {
  const Ulid a = *AnyUlid();
  const Ulid b = *AnyUlid();
  RC_ASSERT((a < b) == (a.ToString() < b.ToString()));
}

RC_GTEST_PROP(ParseUlid, AcceptsOnlyCanonicalText, ()) {
  std::string text = (*AnyUlid()).ToString();
  text[*rc::gen::inRange<std::size_t>(0, text.size())] = *rc::gen::arbitrary<char>();
  const auto ulid = ParseUlid(text);
  if (ulid) RC_ASSERT(ulid->ToString() == text);
}

TEST(RandomUlid, ContainsTheTimeAndDiffersEachTime) {
  const ManualClock clock(At(1'795'381'775'123));
  const Ulid one = RandomUlid(clock);
  const Ulid other = RandomUlid(clock);
  EXPECT_EQ(MillisecondsOf(one), 1'795'381'775'123);
  EXPECT_EQ(MillisecondsOf(other), 1'795'381'775'123);
  Ulid after = one;
  ++after.bytes[15];
  EXPECT_NE(other, one);
  EXPECT_NE(other, after) << "must not be the previous one plus one";
}

TEST(GreatestUlidBefore, IsTheLastOneOfTheMillisecondBefore) {
  const auto greatest = GreatestUlidBefore(At(1'795'381'775'123));
  ASSERT_TRUE(greatest);
  EXPECT_EQ(MillisecondsOf(*greatest), 1'795'381'775'122);
  EXPECT_EQ(greatest->ToString().substr(10), "ZZZZZZZZZZZZZZZZ");
  EXPECT_EQ(GreatestUlidBefore(At(1))->ToString(), "0000000000ZZZZZZZZZZZZZZZZ");
}

TEST(GreatestUlidBefore, ExistsOnlyAfter1970AndIsAtMostTheGreatestOfAll) {
  EXPECT_FALSE(GreatestUlidBefore(At(0)));
  EXPECT_FALSE(GreatestUlidBefore(At(-62'167'219'200'000)));
  EXPECT_FALSE(GreatestUlidBefore(At(std::numeric_limits<std::int64_t>::min())));
  EXPECT_EQ(GreatestUlidBefore(At(std::numeric_limits<std::int64_t>::max()))->ToString(),
            "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
}

TEST(UlidGenerator, UsesTheTimeOfTheClock) {
  const ManualClock clock(At(1'795'381'775'123));
  UlidGenerator generator(clock);
  EXPECT_EQ(MillisecondsOf(generator.Next()), 1'795'381'775'123);
}

TEST(UlidGenerator, IncreasesWithinOneMillisecond) {
  const ManualClock clock(At(1'795'381'775'123));
  UlidGenerator generator(clock);
  Ulid last = generator.Next();
  for (int i = 0; i < 1000; ++i) {
    const Ulid next = generator.Next();
    ASSERT_GT(next, last);
    last = next;
  }
}

TEST(UlidGenerator, IncreasesWhenTheClockGoesBack) {
  ManualClock clock(At(1'795'381'775'123));
  UlidGenerator generator(clock);
  Ulid last = generator.Next();
  for (const std::int64_t time : {1'795'381'775'122L, 1'000L, 0L, -5L, 1'795'381'775'123L}) {
    clock.Set(At(time));
    const Ulid next = generator.Next();
    ASSERT_GT(next, last) << time;
    last = next;
  }
  clock.Set(At(1'795'381'775'124));
  EXPECT_EQ(MillisecondsOf(generator.Next()), 1'795'381'775'124);
}

RC_GTEST_PROP(UlidGenerator, AlwaysIncreases, ()) {
  ManualClock clock(At(0));
  UlidGenerator generator(clock);
  Ulid last;
  const auto times =
      *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(-10, 10));
  for (const std::int64_t time : times) {
    clock.Set(At(time));
    const Ulid next = generator.Next();
    RC_ASSERT(next > last);
    last = next;
  }
}

TEST(UlidGenerator, StartsAboveItsFloor) {
  const ManualClock clock(At(1'000'000));
  for (const std::string_view text :
       {"00000000000000000000000000", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "7ZZZZZZZZZZZZZZZZZZZZZZZZY"}) {
    const Ulid floor = *ParseUlid(text);
    UlidGenerator generator(clock, floor);
    EXPECT_GT(generator.Next(), floor) << text;
  }
}

TEST(UlidGenerator, CarriesIntoTheTimeWhenTheRandomPartIsFull) {
  const ManualClock clock(At(5));
  Ulid floor;
  floor.bytes.fill(0xFF);
  for (std::size_t i = 0; i < 6; ++i) floor.bytes[i] = i == 5 ? 5 : 0;
  UlidGenerator generator(clock, floor);
  const Ulid first = generator.Next();
  EXPECT_EQ(MillisecondsOf(first), 6);
  EXPECT_GT(generator.Next(), first);
}

TEST(UlidGenerator, IsUnpredictable) {
  const ManualClock clock(At(1'795'381'775'123));
  UlidGenerator one(clock);
  UlidGenerator other(clock);
  EXPECT_NE(one.Next(), other.Next());
}

TEST(UlidGenerator, ReturnsEachIdOnceAcrossThreads) {
  const SystemClock clock;
  UlidGenerator generator(clock);
  std::vector<std::vector<Ulid>> ids(4);
  std::vector<std::thread> threads;
  for (auto& mine : ids) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) mine.push_back(generator.Next());
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<Ulid> all;
  for (const auto& mine : ids) {
    EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));
    all.insert(mine.begin(), mine.end());
  }
  EXPECT_EQ(all.size(), 8000U);
}

}  // namespace
}  // namespace users
