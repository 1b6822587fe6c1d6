#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace users::bench {

// Which of `count` users a request asks for: each as often as the others, or after Zipf's law,
// where the k-th most wanted is asked for in proportion to 1 / k^exponent. Who is how popular is at
// random, so that popular users do not stand together in the store. The same seed gives the same
// sequence.
class Popularity {
 public:
  // An exponent of 0 is uniform; else it is below 1.
  Popularity(std::uint64_t count, double exponent, std::uint64_t seed);
  std::uint64_t Next();

 private:
  std::uint64_t NextRank();

  const std::uint64_t count_;
  const double exponent_;
  std::mt19937_64 random_;
  // Of Gray et al., "Quickly generating billion-record synthetic databases", which YCSB uses too.
  double zeta_ = 0;
  double alpha_ = 0;
  double eta_ = 0;
  std::vector<std::uint32_t> user_of_rank_;
};

}  // namespace users::bench
