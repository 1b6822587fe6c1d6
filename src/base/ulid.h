#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/mutex.h"

namespace users {

// A ULID (github.com/ulid/spec): 48 bits of milliseconds and 80 random bits, written as 26
// upper-case characters of Crockford's base 32. The order of the texts is the order of time.
struct Ulid {
  std::array<std::uint8_t, 16> bytes{};

  static constexpr std::size_t kTextSize = 26;
  // Returns the 26 characters.
  std::string ToString() const;
  auto operator<=>(const Ulid&) const = default;
};

// Its first 48 bits.
Timestamp TimeOf(const Ulid& ulid);

// Returns the greatest ULID whose time is before `time`, or nothing if there is none, because `time`
// is not after 1970-01-01T00:00:00Z.
std::optional<Ulid> GreatestUlidBefore(Timestamp time);

// Reads the 26 upper-case characters and nothing else.
std::optional<Ulid> ParseUlid(std::string_view text);

// Returns a unique ULID: the time and 80 random bits. The ids of one millisecond have no order, nor
// do ids across a backward step of the clock. Thread-safe.
Ulid RandomUlid(const Clock& clock);

// Generates ULIDs that always increase, whatever the clock does. Thread-safe.
class UlidGenerator {
 public:
  // Every id is greater than `floor`, which is the greatest id generated before a restart.
  explicit UlidGenerator(const Clock& clock, Ulid floor = {}) : clock_(clock), last_(floor) {}

  // Returns the next id.
  Ulid Next();

 private:
  const Clock& clock_;
  Mutex mutex_;
  Ulid last_ USERS_GUARDED_BY(mutex_);
};

}  // namespace users
