#include "support/running_function.h"

#include "engines/dynamodb_tables.h"

namespace users::testing {

FunctionEnvironment StoreEnvironment(const std::string& url,
                                     const storage::dynamodb::TableNames& tables) {
  const aws::Credentials credentials = EngineCredentials();
  return {{"AWS_ENDPOINT_URL_DYNAMODB", url},
          {"AWS_REGION", "us-east-1"},
          {"AWS_ACCESS_KEY_ID", credentials.access_key_id},
          {"AWS_SECRET_ACCESS_KEY", credentials.secret_access_key},
          {"AWS_SESSION_TOKEN", credentials.session_token},
          {"USERS_TABLE_NAME", tables.users},
          {"IDEMPOTENCY_TABLE_NAME", tables.idempotency}};
}

}  // namespace users::testing
