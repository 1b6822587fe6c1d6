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
  std::uint64_t begin = 0;  // counted by one counter for all operations
  std::uint64_t end = std::numeric_limits<std::uint64_t>::max();  // default: unknown outcome
  // Returns the state after the operation, or nothing if this state does not explain its response.
  // An operation of unknown outcome may take effect at any time after its begin, or never.
  std::function<std::optional<std::string>(const std::string& state)> apply;

  bool is_known() const { return end != std::numeric_limits<std::uint64_t>::max(); }
};

// Returns whether an order of the operations explains every response and puts no operation before
// one that had ended when it began. (Wing and Gong's algorithm, with Lowe's memory of visited
// configurations.) At most 64 operations. Thread-safe.
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
