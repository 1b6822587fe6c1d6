#include "base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace users {
namespace {

std::vector<std::uint8_t> Random(std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  FillRandom(bytes);
  return bytes;
}

TEST(RandomBytes, DifferOnEachCall) {
  EXPECT_NE(RandomBytes<16>(), RandomBytes<16>());
  FillRandom({});
}

// For draws of any size, and across the ends of the internal buffer.
TEST(FillRandom, NeverReturnsBytesTwice) {
  std::set<std::vector<std::uint8_t>> seen;
  std::size_t count = 0;
  for (std::size_t round = 0; round < 40; ++round) {
    for (const std::size_t size : {16U, 10U, 37U, 511U, 512U, 513U, 4096U}) {
      const auto bytes = Random(size);
      for (std::size_t at = 0; at + 10 <= size; at += 10) {
        seen.emplace(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                     bytes.begin() + static_cast<std::ptrdiff_t>(at + 10));
        ++count;
      }
    }
  }
  EXPECT_EQ(seen.size(), count);
}

TEST(FillRandom, FillsTheWholeSpan) {
  for (std::size_t size = 0; size <= 600; ++size) {
    std::vector<std::uint8_t> ever(size, 0);
    for (int draw = 0; draw < 12; ++draw) {
      const auto bytes = Random(size);
      for (std::size_t i = 0; i < size; ++i) ever[i] |= bytes[i];
    }
    // Each byte stays zero with a probability of 1 in 2^96.
    EXPECT_EQ(std::count(ever.begin(), ever.end(), 0), 0) << size;
  }
}

TEST(FillRandom, GivesThreadsDifferentBytes) {
  std::vector<std::uint8_t> one;
  std::vector<std::uint8_t> other;
  std::thread first([&] { one = Random(16); });
  std::thread second([&] { other = Random(16); });
  first.join();
  second.join();
  EXPECT_NE(one, other);
}

}  // namespace
}  // namespace users
