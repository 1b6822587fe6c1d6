#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

namespace users {

// Fills `bytes` from OpenSSL's generator for secrets. Thread-safe: each thread keeps a small stock
// and wipes each byte as it hands it out.
//
// Do not use it in a process that forks and continues in both processes, because both would get the
// same bytes. Aborts the process if the system has no randomness, because nothing would be safe.
void FillRandom(std::span<std::uint8_t> bytes);

// Returns a random duration from 0 to `time`, both included, so that waiting clients do not retry
// at the same moment. Not for secrets. Thread-safe.
std::chrono::microseconds RandomPartOf(std::chrono::microseconds time);

// Returns N bytes from FillRandom.
template <std::size_t N>
std::array<std::uint8_t, N> RandomBytes() {
  std::array<std::uint8_t, N> bytes;
  FillRandom(bytes);
  return bytes;
}

}  // namespace users
