#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

namespace users {

// Fills `bytes` from OpenSSL's generator for secrets. Thread-safe: each thread keeps a small stock,
// wiped as it is given away. Not for a process that forks and goes on in both: they would get the
// same bytes. Ends the process if the system has no randomness to give: nothing safe could be done
// after that.
void FillRandom(std::span<std::uint8_t> bytes);

// A random part of a time, both ends included, so that those who wait do not come back together.
// Not for secrets. Thread-safe.
std::chrono::microseconds RandomPartOf(std::chrono::microseconds time);

template <std::size_t N>
std::array<std::uint8_t, N> RandomBytes() {
  std::array<std::uint8_t, N> bytes;
  FillRandom(bytes);
  return bytes;
}

}  // namespace users
