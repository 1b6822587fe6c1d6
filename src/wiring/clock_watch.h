#pragma once

#include <chrono>
#include <optional>

#include "base/clock.h"

namespace users::wiring {

// Notices that the wall clock was set: compared with the steady clock, it has jumped.
class ClockWatch {
 public:
  using Steady = std::chrono::steady_clock::time_point;

  // Less than this is the work of a clock that is adjusted smoothly.
  static constexpr std::chrono::milliseconds kMinJump{1'000};

  ClockWatch(Timestamp wall, Steady steady) : wall_(wall), steady_(steady) {}

  // To be called again and again. How far the wall clock has jumped since the last call: forward if
  // positive. Nothing if it has not.
  std::optional<std::chrono::milliseconds> Look(Timestamp wall, Steady steady) {
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

}  // namespace users::wiring
