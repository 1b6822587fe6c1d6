#pragma once

#include <chrono>
#include <thread>

namespace users::testing {

// Polls a condition until it is true. Returns false after a time that no healthy run needs.
template <class Condition>
bool WaitUntil(const Condition& is_so) {
  for (int i = 0; i < 60'000; ++i) {
    if (is_so()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

}  // namespace users::testing
