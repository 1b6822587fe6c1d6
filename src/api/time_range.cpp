#include "api/time_range.h"

namespace users::api {
namespace {

std::optional<Timestamp> ReadTime(Input& input, std::string_view name) {
  const auto text = input.Query(name);
  if (!text) return std::nullopt;
  const auto time = ParseTimestamp(*text);
  if (!time) input.errors().Add(name, "must be an RFC 3339 time, such as 2026-01-31T00:00:00Z");
  return time;
}

}  // namespace

TimeRange ReadTimeRange(Input& input, std::string_view from, std::string_view to) {
  TimeRange range;
  range.from = ReadTime(input, from);
  range.to = ReadTime(input, to);
  // Both are rounded in the range, but the order of the two texts does not depend on rounding.
  if (range.from && range.to && IsLater(*input.Query(from), *input.Query(to))) {
    input.errors().Add(from, "must not be after `" + std::string(to) + "`");
  }
  return range;
}

std::string ScopeOf(std::optional<Timestamp> time) {
  if (!time) return "";
  return IsWritable(*time) ? FormatTimestamp(*time) : "end";
}

}  // namespace users::api
