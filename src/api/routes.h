#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/operation.h"

namespace users::api {

// The result of matching a method and a path against operation_table.inc.
struct Route {
  bool path_exists = false;
  std::optional<Operation> operation;  // nothing: the path does not have the method
  std::string allow;                   // the methods of the path, "GET, PATCH"
  std::string user_id;                 // decoded; it need not be a ULID
  std::string role;                    // decoded
  std::string time;                    // decoded; it need not be a time
  std::string decoded_path;            // the path that policies see
};

// Returns the route of a request. `path` is still encoded. It is first split into segments, which
// are then decoded once. Thread-safe.
Route FindRoute(std::string_view method, std::string_view path);

}  // namespace users::api
