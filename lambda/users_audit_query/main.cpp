#include "api/operations.h"
#include "wiring/lambda/operation_function.h"

int main() {
  const users::wiring::FunctionUses uses;
  return users::wiring::RunOperation(users::api::Operation::kUsersAuditQuery,
                                     users::api::UsersAuditQuery, uses);
}
