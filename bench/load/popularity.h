#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace users::bench {

// Chooses which of `count` users a request is about: uniformly, or by Zipf's law, where the k-th
// most popular user is chosen in proportion to 1 / k^exponent. Popularity is assigned at random, so
// that popular users are not neighbours in the store. The same seed gives the same sequence. Not
// thread-safe.
class Popularity {
 public:
  // An exponent of 0 is uniform. Otherwise it must be below 1.
  Popularity(std::uint64_t count, double exponent, std::uint64_t seed);
  // Returns the index of the next user, from 0 to count - 1.
  std::uint64_t Next();

 private:
  std::uint64_t NextRank();

  const std::uint64_t count_;
  const double exponent_;
  std::mt19937_64 random_;
  // The constants of Gray et al., "Quickly generating billion-record synthetic databases", which
  // YCSB uses too.
  double zeta_ = 0;
  double alpha_ = 0;
  double eta_ = 0;
  std::vector<std::uint32_t> user_of_rank_;
};

}  // namespace users::bench
