#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace users {

// A time in UTC with a precision of one millisecond, which is the contract's precision.
using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

// A source of wall-clock time, which may step in either direction. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp Now() const = 0;
};

// The clock of the system.
class SystemClock final : public Clock {
 public:
  SystemClock() {}  // clang wants it for const objects
  // Returns the time, rounded down to a millisecond.
  Timestamp Now() const override;
};

// A clock for tests. It moves only when the test sets it.
class ManualClock final : public Clock {
 public:
  // Starts at `now`.
  explicit ManualClock(Timestamp now) : now_(now) {}
  Timestamp Now() const override { return now_.load(); }
  void Set(Timestamp now) { now_ = now; }
  void Advance(std::chrono::milliseconds by) { now_ = now_.load() + by; }

 private:
  std::atomic<Timestamp> now_;
};

// Returns whether the time is in the years 0000 to 9999, which RFC 3339 can express.
bool IsWritable(Timestamp time);

// Formats a time as RFC 3339 in UTC with three decimals and `Z`: "2026-11-22T21:09:35.123Z" (24
// characters). The time must be writable.
std::string FormatTimestamp(Timestamp time);
void AppendTimestamp(std::string& out, Timestamp time);

// Formats a writable time without decimals: "2026-11-22T21:09:35Z".
std::string FormatSeconds(Timestamp time);

// The moment after the last one that can be written.
inline constexpr Timestamp kEndOfTime{std::chrono::sys_days{std::chrono::year{10'000} / 1 / 1}};

// Reads any RFC 3339 date-time: an offset, lower-case letters, any number of decimals, a leap
// second (taken as the second after). Digits beyond milliseconds are rounded up, so that "not
// before" and "before" keep their meaning for times of whole milliseconds. Therefore a time within
// the last millisecond of the year 9999, which some languages use as their greatest, is kEndOfTime.
std::optional<Timestamp> ParseTimestamp(std::string_view text);

// Returns whether `a` is later than `b`, including all decimals. Both must be texts that
// ParseTimestamp accepts.
bool IsLater(std::string_view a, std::string_view b);

// The time by which the response to a request is due. Steady time, so steps of the wall clock do
// not affect it.
using Deadline = std::chrono::steady_clock::time_point;

// Returns the deadline that is `from_now` away.
inline Deadline DeadlineIn(std::chrono::milliseconds from_now) {
  return std::chrono::steady_clock::now() + from_now;
}

// Returns whether the deadline has passed.
inline bool HasPassed(Deadline deadline) {
  return std::chrono::steady_clock::now() >= deadline;
}

}  // namespace users
