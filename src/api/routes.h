#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/operation.h"

namespace users::api {

// What a method and a path lead to.
struct Route {
  bool path_exists = false;
  std::optional<Operation> operation;  // nothing: the path does not have the method
  std::string_view allow;              // the methods that the path has
  std::string user_id;                 // decoded; it need not be a ULID
  std::string role;                    // decoded
  std::string decoded_path;            // what policies see
};

// `path` is the request's, still encoded. Segments are split first, then decoded once.
Route FindRoute(std::string_view method, std::string_view path);

}  // namespace users::api
