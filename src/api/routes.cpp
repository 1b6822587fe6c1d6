#include "api/routes.h"

#include <array>
#include <optional>
#include <string>

#include "base/text.h"

namespace users::api {
namespace {

struct Method {
  std::string_view name;
  Operation operation;
};

constexpr std::size_t kMostSegments = 4;

// The paths, and what each of them answers. `{}` stands for any segment.
struct Path {
  std::array<std::string_view, kMostSegments> segments;
  std::size_t size;
  std::array<Method, 2> methods;
  std::size_t method_count;
  std::string_view allow;
};

constexpr std::array<Path, 6> kPaths = {{
    {{"users"},
     1,
     {{{"GET", Operation::kUsersListQuery}, {"POST", Operation::kUsersRegisterCreate}}},
     2,
     "GET, POST"},
    {{"users", "{}"},
     2,
     {{{"GET", Operation::kUsersProfileGet}, {"PATCH", Operation::kUsersProfileUpdate}}},
     2,
     "GET, PATCH"},
    {{"users", "{}", "status"}, 3, {{{"PUT", Operation::kUsersStatusUpdate}}}, 1, "PUT"},
    {{"users", "{}", "roles"}, 3, {{{"POST", Operation::kUsersRoleAssign}}}, 1, "POST"},
    {{"users", "{}", "roles", "{}"}, 4, {{{"DELETE", Operation::kUsersRoleRemove}}}, 1, "DELETE"},
    {{"users", "{}", "audit"}, 3, {{{"GET", Operation::kUsersAuditQuery}}}, 1, "GET"},
}};

// What a path is made of, decoded.
struct Segments {
  std::array<std::string, kMostSegments> texts;
  std::size_t size = 0;
};

// The decoded segments; nothing if one of them leads nowhere by itself, or if there are too many.
std::optional<Segments> DecodeSegments(std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  Segments segments;
  for (PartReader reader(path.substr(1), '/'); const auto raw = reader.Next();) {
    if (segments.size == kMostSegments) return std::nullopt;
    auto segment = PercentDecode(*raw);
    if (!segment || segment->empty() || *segment == "." || *segment == ".." ||
        segment->find('/') != segment->npos || segment->find('\0') != segment->npos ||
        !IsValidUtf8(*segment)) {
      return std::nullopt;
    }
    segments.texts[segments.size++] = std::move(*segment);
  }
  return segments;
}

bool Matches(const Path& path, const Segments& segments) {
  if (segments.size != path.size) return false;
  for (std::size_t i = 0; i < path.size; ++i) {
    if (path.segments[i] != "{}" && path.segments[i] != segments.texts[i]) return false;
  }
  return true;
}

}  // namespace

Route FindRoute(std::string_view method, std::string_view path) {
  Route route;
  auto segments = DecodeSegments(path);
  if (!segments) return route;
  for (const Path& candidate : kPaths) {
    if (!Matches(candidate, *segments)) continue;
    route.path_exists = true;
    route.allow = candidate.allow;
    for (std::size_t i = 0; i < candidate.method_count; ++i) {
      if (candidate.methods[i].name == method) route.operation = candidate.methods[i].operation;
    }
    route.decoded_path.reserve(path.size());
    for (std::size_t i = 0; i < segments->size; ++i) {
      route.decoded_path += '/';
      route.decoded_path += segments->texts[i];
    }
    if (segments->size > 1) route.user_id = std::move(segments->texts[1]);
    if (segments->size > 3) route.role = std::move(segments->texts[3]);
    break;
  }
  return route;
}

}  // namespace users::api
