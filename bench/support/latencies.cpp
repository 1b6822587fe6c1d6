#include "support/latencies.h"

#include <algorithm>
#include <cmath>

namespace users::bench {

void Latencies::Add(const Latencies& others) {
  nanoseconds_.insert(nanoseconds_.end(), others.nanoseconds_.begin(), others.nanoseconds_.end());
}

double Latencies::Quantile(double share) {
  if (nanoseconds_.empty()) return 0;
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(count())));
  const std::size_t index = std::clamp<std::size_t>(rank, 1, count()) - 1;
  const auto nth = nanoseconds_.begin() + static_cast<std::ptrdiff_t>(index);
  std::nth_element(nanoseconds_.begin(), nth, nanoseconds_.end());
  return static_cast<double>(*nth) / 1000;
}

}  // namespace users::bench
