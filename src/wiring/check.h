#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"
#include "service/integrity.h"

namespace users::wiring {

struct CheckSummary {
  std::uint64_t users = 0;
  std::uint64_t entries = 0;
  std::uint64_t items = 0;
  std::uint64_t findings = 0;
};

// Verifies every chain, index and invariant of the store of a data directory that no server uses.
// `found` gets each finding at once, `progress` the summary so far about once a second. An error
// means that the directory could not be opened.
Result<CheckSummary> CheckData(const std::string& data_directory,
                               const std::function<void(const service::Finding&)>& found,
                               const std::function<void(const CheckSummary&)>& progress);

}  // namespace users::wiring
