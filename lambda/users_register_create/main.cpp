#include "api/operations.h"
#include "wiring/lambda/operation_function.h"

int main() {
  return users::wiring::RunOperation(users::api::Operation::kUsersRegisterCreate,
                                     users::api::UsersRegisterCreate);
}
