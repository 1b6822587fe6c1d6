#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace users::maintenance {

// A line of an event file (audit-events.jsonl).
struct EventLine {
  std::uint64_t number = 0;  // the first visited line is 1
  std::uint64_t offset = 0;  // of its first byte in the file
  std::string_view text;     // without its end; empty if the line is too long to be an event
};

// Visits the complete lines of a regular file from the byte `from`, which must be the beginning of
// a line, until `visit` returns false. A line without its end, which a crash may have left, is not
// an event. Memory is bounded. An error's message has the reason, without the path.
Status ForEachEventLine(const std::string& path, std::uint64_t from,
                        const std::function<bool(const EventLine&)>& visit);

// Checks that the file can be opened for ForEachEventLine.
Status CanReadEvents(const std::string& path);

}  // namespace users::maintenance
