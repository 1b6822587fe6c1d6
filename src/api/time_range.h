#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/input.h"
#include "base/clock.h"

namespace users::api {

// A range of time that two query parameters bound.
struct TimeRange {
  std::optional<Timestamp> from;  // inclusive
  std::optional<Timestamp> to;    // exclusive
};

// Reads the two parameters of these names. Records a fault for each that is not an RFC 3339 time,
// and under `from` if it is after `to`.
TimeRange ReadTimeRange(Input& input, std::string_view from, std::string_view to);

// Returns a text for the scope of a page token. It is different for different times, and empty
// without a time.
std::string ScopeOf(std::optional<Timestamp> time);

}  // namespace users::api
