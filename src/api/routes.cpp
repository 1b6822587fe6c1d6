#include "api/routes.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "base/text/text.h"

namespace users::api {
namespace {

constexpr std::size_t kMaxSegments = 4;
constexpr std::size_t kMaxMethods = 5;

// A path of the table: its segments, and its rows in the order of their methods.
struct Path {
  std::array<std::string_view, kMaxSegments> segments{};
  std::size_t segment_count = 0;
  std::array<const OperationRow*, kMaxMethods> rows{};
  std::size_t row_count = 0;
};

struct Paths {
  std::array<Path, kOperationCount> paths{};
  std::size_t count = 0;
};

constexpr bool IsParameter(std::string_view segment) {
  return segment.starts_with('{');
}

constexpr void SplitPath(std::string_view text, Path& path) {
  while (!text.empty()) {
    text.remove_prefix(1);  // the slash
    const std::string_view segment = text.substr(0, text.find('/'));
    path.segments[path.segment_count++] = segment;
    text.remove_prefix(segment.size());
  }
}

// Groups the rows of the table by path.
constexpr Paths MakePaths() {
  Paths made;
  for (const OperationRow& row : kOperations) {
    std::size_t at = 0;
    while (at < made.count && made.paths[at].rows[0]->path != row.path) ++at;
    Path& path = made.paths[at];
    if (at == made.count) {
      SplitPath(row.path, path);
      ++made.count;
    }
    path.rows[path.row_count++] = &row;
    for (std::size_t i = path.row_count - 1; i > 0; --i) {
      if (path.rows[i - 1]->method < path.rows[i]->method) break;
      std::swap(path.rows[i - 1], path.rows[i]);
    }
  }
  return made;
}

// Returns whether a request's path is compared with `a` before it is compared with `b`: a word comes
// before a parameter at the same place, because it would match the parameter too.
constexpr bool IsBefore(const Path& a, const Path& b) {
  for (std::size_t i = 0; i < a.segment_count && i < b.segment_count; ++i) {
    const bool a_takes_any = IsParameter(a.segments[i]);
    if (a_takes_any != IsParameter(b.segments[i])) return !a_takes_any;
  }
  return a.segment_count < b.segment_count;
}

constexpr Paths SortedPaths() {
  Paths sorted = MakePaths();
  for (std::size_t i = 1; i < sorted.count; ++i) {
    for (std::size_t at = i; at > 0 && IsBefore(sorted.paths[at], sorted.paths[at - 1]); --at) {
      std::swap(sorted.paths[at], sorted.paths[at - 1]);
    }
  }
  return sorted;
}

constexpr Paths kPaths = SortedPaths();

// The segments of a request's path, decoded.
struct Segments {
  std::array<std::string, kMaxSegments> texts;
  std::size_t count = 0;
};

// Returns nothing if a segment is empty, dotted or badly encoded, or if there are too many.
std::optional<Segments> DecodeSegments(std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  Segments segments;
  for (PartReader reader(path.substr(1), '/'); const auto raw = reader.Next();) {
    if (segments.count == kMaxSegments) return std::nullopt;
    auto segment = PercentDecode(*raw);
    if (!segment || segment->empty() || *segment == "." || *segment == ".." ||
        segment->find('/') != segment->npos || segment->find('\0') != segment->npos ||
        !IsValidUtf8(*segment)) {
      return std::nullopt;
    }
    segments.texts[segments.count++] = std::move(*segment);
  }
  return segments;
}

bool Matches(const Path& path, const Segments& segments) {
  if (segments.count != path.segment_count) return false;
  for (std::size_t i = 0; i < path.segment_count; ++i) {
    if (!IsParameter(path.segments[i]) && path.segments[i] != segments.texts[i]) return false;
  }
  return true;
}

void SelectMethod(const Path& path, std::string_view method, Route& route) {
  for (std::size_t i = 0; i < path.row_count; ++i) {
    if (path.rows[i]->method == method) route.operation = path.rows[i]->operation;
    if (i > 0) route.allow += ", ";
    route.allow += path.rows[i]->method;
  }
}

void TakeParameters(const Path& path, Segments& segments, Route& route) {
  for (std::size_t i = 0; i < path.segment_count; ++i) {
    route.decoded_path += '/';
    route.decoded_path += segments.texts[i];
    if (path.segments[i] == "{userId}") route.user_id = std::move(segments.texts[i]);
    if (path.segments[i] == "{role}") route.role = std::move(segments.texts[i]);
    if (path.segments[i] == "{time}") route.time = std::move(segments.texts[i]);
  }
}

}  // namespace

Route FindRoute(std::string_view method, std::string_view path) {
  Route route;
  auto segments = DecodeSegments(path);
  if (!segments) return route;
  for (std::size_t i = 0; i < kPaths.count; ++i) {
    const Path& candidate = kPaths.paths[i];
    if (!Matches(candidate, *segments)) continue;
    route.path_exists = true;
    SelectMethod(candidate, method, route);
    route.decoded_path.reserve(path.size());
    TakeParameters(candidate, *segments, route);
    break;
  }
  return route;
}

}  // namespace users::api
