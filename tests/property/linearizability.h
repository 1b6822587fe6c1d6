#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace users::testing {

// One operation of a concurrent history.
struct HistoryEvent {
  std::uint64_t begin = 0;                                        // by one counter for all
  std::uint64_t end = std::numeric_limits<std::uint64_t>::max();  // none: nobody knows the outcome
  // The state after it, if it can have been answered so in this state. An operation of unknown
  // outcome may take effect at any time, or never.
  std::function<std::optional<std::string>(const std::string& state)> apply;

  bool is_known() const { return end != std::numeric_limits<std::uint64_t>::max(); }
};

// Whether there is an order of the operations that explains every answer and in which nothing comes
// before what had ended when it began (Wing and Gong, with Lowe's memory of where it has been). At
// most 64 operations.
inline bool IsLinearizable(const std::vector<HistoryEvent>& history, const std::string& initial) {
  std::set<std::pair<std::uint64_t, std::string>> seen;
  std::uint64_t known = 0;
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (history[i].is_known()) known |= std::uint64_t{1} << i;
  }
  const std::function<bool(std::uint64_t, const std::string&)> search =
      [&](std::uint64_t done, const std::string& state) {
        if ((done & known) == known) return true;
        if (!seen.emplace(done, state).second) return false;
        std::uint64_t first_end = std::numeric_limits<std::uint64_t>::max();
        const auto is_done = [&](std::size_t i) { return (done >> i & 1) != 0; };
        for (std::size_t i = 0; i < history.size(); ++i) {
          if (!is_done(i)) first_end = std::min(first_end, history[i].end);
        }
        for (std::size_t i = 0; i < history.size(); ++i) {
          if (is_done(i) || history[i].begin > first_end) continue;
          const auto next = history[i].apply(state);
          if (next && search(done | std::uint64_t{1} << i, *next)) return true;
        }
        return false;
      };
  return search(0, initial);
}

}  // namespace users::testing
