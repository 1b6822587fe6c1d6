#include "api/operations.h"
#include "wiring/lambda/operation_function.h"

int main() {
  users::wiring::FunctionUses uses;
  uses.list_shards = true;
  return users::wiring::RunOperation(users::api::Operation::kUsersListQuery,
                                     users::api::UsersListQuery, uses);
}
