#include "api/operations.h"
#include "wiring/lambda/operation_function.h"

int main() {
  users::wiring::FunctionUses uses;
  uses.idempotency_table = true;
  uses.list_shards = true;
  uses.role_catalogue = true;
  return users::wiring::RunOperation(users::api::Operation::kUsersRegisterCreate,
                                     users::api::UsersRegisterCreate, uses);
}
