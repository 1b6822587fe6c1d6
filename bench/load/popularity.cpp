#include "load/popularity.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace users::bench {

Popularity::Popularity(std::uint64_t count, double exponent, std::uint64_t seed)
    : count_(count), exponent_(exponent), random_(seed) {
  if (exponent == 0) return;
  for (std::uint64_t k = 1; k <= count; ++k) zeta_ += std::pow(static_cast<double>(k), -exponent);
  const double zeta_of_two = 1 + std::pow(2.0, -exponent);
  alpha_ = 1 / (1 - exponent);
  eta_ = (1 - std::pow(2.0 / static_cast<double>(count), 1 - exponent)) / (1 - zeta_of_two / zeta_);
  user_of_rank_.resize(count);
  std::iota(user_of_rank_.begin(), user_of_rank_.end(), 0U);
  std::mt19937_64 fixed(99);  // the same users are popular in every run
  std::shuffle(user_of_rank_.begin(), user_of_rank_.end(), fixed);
}

std::uint64_t Popularity::Next() {
  if (exponent_ == 0) return std::uniform_int_distribution<std::uint64_t>(0, count_ - 1)(random_);
  return user_of_rank_[NextRank()];
}

std::uint64_t Popularity::NextRank() {
  const double u = std::uniform_real_distribution<double>()(random_);
  const double scaled = u * zeta_;
  if (scaled < 1) return 0;
  if (scaled < 1 + std::pow(0.5, exponent_)) return std::min<std::uint64_t>(1, count_ - 1);
  const double rank = static_cast<double>(count_) * std::pow(eta_ * u - eta_ + 1, alpha_);
  return std::min(static_cast<std::uint64_t>(rank), count_ - 1);
}

}  // namespace users::bench
