#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace users {

// A moment of wall-clock time in UTC, to the millisecond: the precision of the contract.
using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

// Tells the time. Thread-safe. Wall-clock time may step in either direction.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp Now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Timestamp Now() const override;
};

// A clock that stands still until told otherwise, for tests.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Timestamp now) : now_(now) {}
  Timestamp Now() const override { return now_.load(); }
  void Set(Timestamp now) { now_ = now; }
  void Advance(std::chrono::milliseconds by) { now_ = now_.load() + by; }

 private:
  std::atomic<Timestamp> now_;
};

// Whether the time lies in the years 0000 to 9999, which RFC 3339 can write.
bool IsWritable(Timestamp time);

// RFC 3339, UTC, three decimals, `Z`: "2026-11-22T21:09:35.123Z". 24 characters. The time is
// writable.
std::string FormatTimestamp(Timestamp time);
void AppendTimestamp(std::string& out, Timestamp time);

// The same without decimals: "2026-11-22T21:09:35Z".
std::string FormatSeconds(Timestamp time);

// The moment after the last one that can be written.
inline constexpr Timestamp kEndOfTime{std::chrono::sys_days{std::chrono::year{10'000} / 1 / 1}};

// Reads any RFC 3339 date-time: an offset, lower-case letters, any number of decimals, a leap
// second (taken as the second after). What is finer than a millisecond is rounded up, so that
// "not before" and "before" keep their meaning for times of whole milliseconds. Therefore a time
// within the last millisecond of the year 9999, which some languages use as their greatest, is
// kEndOfTime.
std::optional<Timestamp> ParseTimestamp(std::string_view text);

// Whether the first of two texts that ParseTimestamp reads is later, to the last of its decimals.
bool IsLater(std::string_view a, std::string_view b);

// When the answer to a request is due. Steady time: not touched by steps of the clock.
using Deadline = std::chrono::steady_clock::time_point;

inline Deadline DeadlineIn(std::chrono::milliseconds from_now) {
  return std::chrono::steady_clock::now() + from_now;
}

inline bool HasPassed(Deadline deadline) {
  return std::chrono::steady_clock::now() >= deadline;
}

}  // namespace users
