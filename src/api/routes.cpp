#include "api/routes.h"

#include <array>
#include <vector>

#include "base/text.h"

namespace users::api {
namespace {

struct Method {
  std::string_view name;
  Operation operation;
};

// The paths, and what each of them answers. `{}` stands for any segment.
struct Path {
  std::array<std::string_view, 4> segments;
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

// The decoded segments; nothing if one of them leads nowhere by itself.
std::optional<std::vector<std::string>> DecodeSegments(std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  std::vector<std::string> segments;
  for (const std::string_view raw : Split(path.substr(1), '/')) {
    auto segment = PercentDecode(raw);
    if (!segment || segment->empty() || *segment == "." || *segment == ".." ||
        segment->find('/') != segment->npos || segment->find('\0') != segment->npos ||
        !IsValidUtf8(*segment)) {
      return std::nullopt;
    }
    segments.push_back(std::move(*segment));
  }
  return segments;
}

bool Matches(const Path& path, const std::vector<std::string>& segments) {
  if (segments.size() != path.size) return false;
  for (std::size_t i = 0; i < path.size; ++i) {
    if (path.segments[i] != "{}" && path.segments[i] != segments[i]) return false;
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
    for (const std::string& segment : *segments) route.decoded_path += "/" + segment;
    if (segments->size() > 1) route.user_id = std::move((*segments)[1]);
    if (segments->size() > 3) route.role = std::move((*segments)[3]);
    break;
  }
  return route;
}

}  // namespace users::api
