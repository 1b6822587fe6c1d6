#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace users::api {

// The operations of the contract. One operation has one name everywhere: its file here, its folder
// below lambda/, its OpenAPI operationId, its metric label (scripts/check-names compares them).
enum class Operation {
  kUsersRegisterCreate,
  kUsersProfileGet,
  kUsersProfileUpdate,
  kUsersStatusUpdate,
  kUsersRoleAssign,
  kUsersRoleRemove,
  kUsersListQuery,
  kUsersAuditQuery,
};

inline constexpr std::array<std::string_view, 8> kOperationNames = {
    "users_register_create", "users_profile_get", "users_profile_update", "users_status_update",
    "users_role_assign",     "users_role_remove", "users_list_query",     "users_audit_query",
};

inline constexpr std::size_t kOperationCount = kOperationNames.size();

constexpr std::string_view NameOf(Operation operation) {
  return kOperationNames[static_cast<std::size_t>(operation)];
}

// Whether it changes nothing.
constexpr bool IsRead(Operation operation) {
  return operation == Operation::kUsersProfileGet || operation == Operation::kUsersListQuery ||
         operation == Operation::kUsersAuditQuery;
}

}  // namespace users::api
