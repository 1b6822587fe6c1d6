#pragma once

#include <cstdint>
#include <string>

#include "aws/environment.h"
#include "base/result.h"
#include "domain/role_catalogue.h"
#include "storage/dynamodb/requests.h"

namespace users::wiring {

// The variables that a function reads besides the name of the users table.
struct FunctionUses {
  bool idempotency_table = false;  // IDEMPOTENCY_TABLE_NAME
  bool list_shards = false;        // USER_LIST_SHARDS, 8 if absent
  bool role_catalogue = false;     // the file ROLE_CATALOG_PATH, or roles.json beside the program
};

// The configuration of a function. Members that it does not use have their defaults.
struct FunctionConfiguration {
  storage::dynamodb::TableNames tables;
  std::uint32_t list_shards = 1;
  domain::RoleCatalogue roles;
};

// Reads the configuration. Fails with kValidation; the message names the variable that is missing
// or malformed, in one line.
Result<FunctionConfiguration> ReadConfiguration(const FunctionUses& uses,
                                                const aws::Environment& environment);

// Returns the value of a required variable. Fails with kValidation; the message names the variable.
Result<std::string> Required(std::string_view name, const aws::Environment& environment);

}  // namespace users::wiring
