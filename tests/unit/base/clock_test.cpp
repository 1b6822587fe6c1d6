#include "base/clock.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace users {
namespace {

using namespace std::string_view_literals;
using std::chrono::milliseconds;

// The first and the last millisecond of the four-digit years.
constexpr std::int64_t kFirst = -62'167'219'200'000;
constexpr std::int64_t kLast = 253'402'300'799'999;

Timestamp At(std::int64_t since_1970) {
  return Timestamp(milliseconds(since_1970));
}

struct Read {
  std::string_view text;
  std::string_view expected;
};

class ReadableTime : public testing::TestWithParam<Read> {};

TEST_P(ReadableTime, IsParsedAsTheMomentItNames) {
  const auto time = ParseTimestamp(GetParam().text);
  ASSERT_TRUE(time) << GetParam().text;
  EXPECT_EQ(FormatTimestamp(*time), GetParam().expected) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Rfc3339, ReadableTime,
    testing::Values(Read{"2026-11-22T21:09:35Z", "2026-11-22T21:09:35.000Z"},
                    Read{"2026-11-22t21:09:35z", "2026-11-22T21:09:35.000Z"},
                    Read{"2026-11-22T21:09:35.1Z", "2026-11-22T21:09:35.100Z"},
                    Read{"2026-11-22T21:09:35.12Z", "2026-11-22T21:09:35.120Z"},
                    Read{"2026-11-22T21:09:35.123Z", "2026-11-22T21:09:35.123Z"},
                    Read{"2026-11-22T21:09:35.000Z", "2026-11-22T21:09:35.000Z"},
                    // Digits below a millisecond are rounded up.
                    Read{"2026-11-22T21:09:35.1230000Z", "2026-11-22T21:09:35.123Z"},
                    Read{"2026-11-22T21:09:35.1230001Z", "2026-11-22T21:09:35.124Z"},
                    Read{"2026-11-22T21:09:35.123000000000000000000000001Z",
                         "2026-11-22T21:09:35.124Z"},
                    Read{"2026-11-22T21:09:35.0000000001Z", "2026-11-22T21:09:35.001Z"},
                    Read{"2026-12-31T23:59:59.9991Z", "2027-01-01T00:00:00.000Z"},
                    // Offsets.
                    Read{"2026-11-22T21:09:35+00:00", "2026-11-22T21:09:35.000Z"},
                    Read{"2026-11-22T21:09:35-00:00", "2026-11-22T21:09:35.000Z"},
                    Read{"2026-11-22T21:09:35+02:00", "2026-11-22T19:09:35.000Z"},
                    Read{"2026-11-22T21:09:35.5-05:30", "2026-11-23T02:39:35.500Z"},
                    Read{"2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00.000Z"},
                    Read{"2026-11-22T00:00:00+23:59", "2026-11-21T00:01:00.000Z"},
                    Read{"2026-11-22T00:00:00-23:59", "2026-11-22T23:59:00.000Z"},
                    // A leap second counts as the following second.
                    Read{"2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"},
                    Read{"2016-12-31T23:59:60.5Z", "2017-01-01T00:00:00.500Z"},
                    Read{"1990-12-31T15:59:60-08:00", "1991-01-01T00:00:00.000Z"},
                    // The limits of months, of the epoch and of the years.
                    Read{"2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"},
                    Read{"2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000Z"},
                    Read{"1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"},
                    Read{"1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"},
                    Read{"0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z"},
                    Read{"9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"}));

TEST(ParseTimestamp, RejectsOtherFormats) {
  for (const std::string_view text : {
           ""sv,
           " "sv,
           "now"sv,
           "2026"sv,
           "2026-11-22"sv,
           "21:09:35Z"sv,
           "1764000000"sv,
           "2026-11-22T21:09:35"sv,         // no offset
           "2026-11-22 21:09:35Z"sv,        // no T
           "2026-11-22T21:09Z"sv,           // no seconds
           "20261122T210935Z"sv,            // the basic form
           "2026-11-22T21:09:35 Z"sv,       // inner space
           " 2026-11-22T21:09:35Z"sv,       // leading space
           "2026-11-22T21:09:35Z "sv,       // trailing space
           "2026-11-22T21:09:35Z\0"sv,      // trailing NUL
           "2026-11-22T21:09:35ZZ"sv,       //
           "2026-11-22T21:09:35+01:00Z"sv,  //
           "2026-11-22T21:09:35.Z"sv,       // no decimals
           "2026-11-22T21:09:35,5Z"sv,      // a comma
           "2026-11-22T21:09:35.-5Z"sv,     //
           "2026-11-22T21:09:35+1:00"sv,
           "2026-11-22T21:09:35+0100"sv,
           "2026-11-22T21:09:35+01"sv,
           "2026-11-22T21:09:35+24:00"sv,
           "2026-11-22T21:09:35-00:60"sv,
           "2026-11-22T21:09:35\xE2\x88\x92"
           "01:00"sv,  // a typographic minus sign
           "2026-11-22T24:00:00Z"sv,
           "2026-11-22T21:60:00Z"sv,
           "2026-11-22T21:09:61Z"sv,
           "2026-11-22T-1:09:35Z"sv,
           "2026-11-22T+1:09:35Z"sv,
           "2026-11-22T 1:09:35Z"sv,
           "2026-00-01T00:00:00Z"sv,
           "2026-13-01T00:00:00Z"sv,
           "2026-11-00T00:00:00Z"sv,
           "2026-11-31T00:00:00Z"sv,
           "2026-02-29T00:00:00Z"sv,
           "1900-02-29T00:00:00Z"sv,
           "2026-02-30T00:00:00Z"sv,
           "2026-12-32T00:00:00Z"sv,
           "-001-01-01T00:00:00Z"sv,
           "+2026-01-01T00:00:00Z"sv,
           "12026-01-01T00:00:00Z"sv,
           "2026-1-1T00:00:00Z"sv,
       }) {
    EXPECT_FALSE(ParseTimestamp(text)) << text;
  }
}

RC_GTEST_PROP(Timestamp, RoundTripsThroughText, ()) {
  const Timestamp time = At(*rc::gen::inRange(kFirst, kLast + 1));
  const std::string text = FormatTimestamp(time);
  RC_ASSERT(text.size() == 24U);
  RC_ASSERT(ParseTimestamp(text) == std::optional(time));
}

RC_GTEST_PROP(Timestamp, SortsAsTextInTimeOrder, ()) {
  const Timestamp a = At(*rc::gen::inRange(kFirst, kLast + 1));
  const Timestamp b = At(*rc::gen::inRange(kFirst, kLast + 1));
  RC_ASSERT((a < b) == (FormatTimestamp(a) < FormatTimestamp(b)));
}

RC_GTEST_PROP(ParseTimestamp, HandlesAnyBytes, ()) {
  std::string text = "2026-11-22T21:09:35.123+01:00";
  const auto edits = *rc::gen::inRange(1, 4);
  for (int i = 0; i < edits; ++i) {
    text[*rc::gen::inRange<std::size_t>(0, text.size())] = *rc::gen::arbitrary<char>();
  }
  const auto time = ParseTimestamp(text);
  if (time) RC_ASSERT(FormatTimestamp(*time).size() == 24U);
}

// Page tokens are bound to filters by the formatted time.
TEST(Timestamp, CanBeFormattedIfItCanBeParsed) {
  for (const std::string_view text :
       {"0000-01-01T00:00:00+00:01", "0000-01-01T00:00:00+23:59", "9999-12-31T23:59:59.9991Z",
        "9999-12-31T23:59:60Z", "9999-12-31T23:59:59-00:01"}) {
    const auto time = ParseTimestamp(text);
    if (!time || *time == kEndOfTime) continue;  // the reader of the time must know this one
    const std::string written = FormatTimestamp(*time);
    EXPECT_EQ(ParseTimestamp(written), time) << text << " is written as " << written;
  }
}

// The greatest time of some languages.
TEST(ParseTimestamp, ReadsTimesWithinTheLastMillisecond) {
  for (const std::string_view text :
       {"9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.9990000001Z",
        "9999-12-31t22:59:59.99999-01:00", "9999-12-31T23:59:59.999999999999z"}) {
    EXPECT_EQ(ParseTimestamp(text), kEndOfTime) << text;
  }
  EXPECT_FALSE(ParseTimestamp("9999-12-31T23:59:59.9999999-00:01"));
  EXPECT_FALSE(ParseTimestamp("9999-12-31T23:59:60.5Z"));
  EXPECT_FALSE(IsWritable(kEndOfTime));
  EXPECT_TRUE(IsWritable(kEndOfTime - milliseconds(1)));
  EXPECT_TRUE(IsLater("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.999Z"));
  EXPECT_TRUE(IsLater("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.9999998Z"));
}

// A filter compares times of whole milliseconds with the caller's text, down to its last decimal.
RC_GTEST_PROP(ParseTimestamp, KeepsNotBeforeAndBeforeExact, ()) {
  const bool at_the_end = *rc::gen::arbitrary<bool>();
  const std::int64_t first = at_the_end ? kLast - 3 : kFirst;
  const std::int64_t limit_ms = *rc::gen::inRange(first, kLast + 1);
  const std::int64_t event_ms =
      std::clamp(limit_ms + *rc::gen::inRange<std::int64_t>(-2, 3), kFirst, kLast);
  const std::string decimals = std::to_string(*rc::gen::inRange(0, 10'000));
  std::string limit = FormatTimestamp(At(limit_ms));
  limit.insert(limit.size() - 1, std::string(4 - decimals.size(), '0') + decimals);
  std::string event = FormatTimestamp(At(event_ms));
  event.insert(event.size() - 1, "0000");
  const auto parsed = ParseTimestamp(limit);
  RC_ASSERT(parsed.has_value());
  RC_ASSERT((At(event_ms) >= *parsed) == (event >= limit));
}

TEST(IsLater, ComparesEveryDecimal) {
  const std::string_view in_order[] = {
      "2026-11-26T00:00:00Z",         "2026-11-26T00:00:00.0001Z",  "2026-11-26T00:00:00.0002Z",
      "2026-11-26T00:00:00.00021Z",   "2026-11-26T00:00:00.0009Z",  "2026-11-26T00:00:00.001Z",
      "2026-11-26T00:00:00.0011Z",    "2026-11-26T00:00:00.00111Z", "2026-11-26T00:00:00.0019Z",
      "2026-11-26T01:00:01.00+01:00", "2026-11-26T00:00:02Z"};
  for (const std::string_view& a : in_order) {
    for (const std::string_view& b : in_order) EXPECT_EQ(IsLater(a, b), &a > &b) << a << " " << b;
  }
  EXPECT_FALSE(IsLater("2026-11-26T00:00:00.00010Z", "2026-11-26T01:00:00.0001+01:00"));
  EXPECT_FALSE(IsLater("2026-11-26T00:00:00.000Z", "2026-11-26T00:00:00Z"));
  EXPECT_FALSE(IsLater("2026-11-26T00:00:00Z", "2026-11-26T00:00:00.0000000000000Z"));
}

TEST(FormatSeconds, OmitsDecimals) {
  EXPECT_EQ(FormatSeconds(At(1'795'381'775'999)), "2026-11-22T21:09:35Z");
  EXPECT_EQ(FormatSeconds(At(-1)), "1969-12-31T23:59:59Z");
}

TEST(ManualClock, MovesOnlyWhenTold) {
  ManualClock clock(At(1000));
  EXPECT_EQ(clock.Now(), At(1000));
  clock.Advance(milliseconds(5));
  EXPECT_EQ(clock.Now(), At(1005));
  clock.Set(At(7));
  EXPECT_EQ(clock.Now(), At(7));
}

TEST(Deadline, HasPassedOnlyOnceReached) {
  EXPECT_TRUE(HasPassed(DeadlineIn(milliseconds(0))));
  EXPECT_FALSE(HasPassed(DeadlineIn(std::chrono::hours(1))));
}

}  // namespace
}  // namespace users
