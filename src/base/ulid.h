#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace users {

// A ULID (github.com/ulid/spec): 48 bits of milliseconds, 80 random bits, written as 26 characters
// of Crockford's base 32 in upper case. Text order is time order.
struct Ulid {
  std::array<std::uint8_t, 16> bytes{};

  static constexpr std::size_t kTextSize = 26;
  std::string ToString() const;
  auto operator<=>(const Ulid&) const = default;
};

// Its first 48 bits.
Timestamp TimeOf(const Ulid& ulid);

// Reads the 26 upper-case characters and nothing else.
std::optional<Ulid> ParseUlid(std::string_view text);

// A ULID that nobody else has: the time, and 80 bits of chance. In no order within a millisecond,
// nor when the clock steps back. Thread-safe.
Ulid RandomUlid(const Clock& clock);

// Hands out ULIDs that only grow, whatever the clock does. Thread-safe.
class UlidGenerator {
 public:
  // Every id is greater than `floor`, the greatest id handed out before a restart.
  explicit UlidGenerator(const Clock& clock, Ulid floor = {}) : clock_(clock), last_(floor) {}

  Ulid Next();

 private:
  const Clock& clock_;
  std::mutex mutex_;
  Ulid last_;
};

}  // namespace users
