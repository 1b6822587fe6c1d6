#pragma once

#include <cstddef>
#include <iterator>
#include <string_view>

namespace users::api {

// The operations of the contract, in the order of operation_table.inc.
enum class Operation {
#define USERS_OPERATION(function, name, method, path, needs) k##function,
#include "api/operation_table.inc"
#undef USERS_OPERATION
};

// The resources that an operation uses besides the users table. A function of AWS Lambda reads only
// their variables from its environment. An operation that needs the server has no function: only
// usersd offers it. The values are bits.
enum Needs : unsigned {
  kNothing = 0,
  kIdempotencyTable = 1,
  kListShards = 2,
  kRoleCatalogue = 4,
  kServer = 8,
};

// A row of the table without its handler, so that a function links only its own operation.
struct OperationRow {
  Operation operation;
  std::string_view name;
  std::string_view method;
  std::string_view path;
  unsigned needs;
};

// The whole table, without handlers.
inline constexpr OperationRow kOperations[] = {
#define USERS_OPERATION(function, name, method, path, needs) \
  {Operation::k##function, name, method, path, needs},
#include "api/operation_table.inc"
#undef USERS_OPERATION
};

inline constexpr std::size_t kOperationCount = std::size(kOperations);

// Return the operation's row and name.
constexpr const OperationRow& RowOf(Operation operation) {
  return kOperations[static_cast<std::size_t>(operation)];
}
constexpr std::string_view NameOf(Operation operation) {
  return RowOf(operation).name;
}

// Returns whether the operation changes nothing. Every write stores or removes responses.
constexpr bool IsRead(Operation operation) {
  return (RowOf(operation).needs & kIdempotencyTable) == 0;
}

}  // namespace users::api
