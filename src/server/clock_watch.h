#pragma once

#include <chrono>
#include <optional>

#include "base/clock.h"

namespace users::server {

// Detects that the wall clock was set, by comparing it with the steady clock.
class ClockWatch {
 public:
  using Steady = std::chrono::steady_clock::time_point;

  // Smaller differences come from a clock that is adjusted smoothly.
  static constexpr std::chrono::milliseconds kMinJump{1'000};

  ClockWatch(Timestamp wall, Steady steady) : wall_(wall), steady_(steady) {}

  // Returns the size of the jump of the wall clock since the last call, positive if forward, or
  // nothing if it has not jumped. Call it regularly.
  std::optional<std::chrono::milliseconds> Check(Timestamp wall, Steady steady) {
    const auto expected =
        wall_ + std::chrono::duration_cast<std::chrono::milliseconds>(steady - steady_);
    const auto jump = wall - expected;
    wall_ = wall;
    steady_ = steady;
    if (jump > -kMinJump && jump < kMinJump) return std::nullopt;
    return jump;
  }

 private:
  Timestamp wall_;
  Steady steady_;
};

}  // namespace users::server
