#pragma once

#include <cstdint>
#include <string>

#include "aws/environment.h"
#include "base/result.h"
#include "domain/role_catalogue.h"
#include "storage/dynamodb/requests.h"

namespace users::wiring {

// What a function reads from its environment beside the name of the users table.
struct FunctionUses {
  bool idempotency_table = false;  // IDEMPOTENCY_TABLE_NAME
  bool list_shards = false;        // USER_LIST_SHARDS, 8 where absent
  bool role_catalogue = false;     // the file ROLE_CATALOG_PATH, roles.json beside the program
};

struct FunctionConfiguration {
  storage::dynamodb::TableNames tables;
  std::uint32_t list_shards = 1;
  domain::RoleCatalogue roles;
};

// An error names the variable that is missing or malformed, in one line.
Result<FunctionConfiguration> ReadConfiguration(const FunctionUses& uses,
                                                const aws::Environment& environment);

// The value of a variable that must be there; an error names it.
Result<std::string> Required(std::string_view name, const aws::Environment& environment);

}  // namespace users::wiring
