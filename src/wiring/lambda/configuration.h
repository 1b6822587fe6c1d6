#pragma once

#include <cstdint>
#include <string>

#include "api/operation.h"
#include "aws/environment.h"
#include "base/result.h"
#include "domain/role_catalogue.h"
#include "storage/dynamodb/requests.h"

namespace users::wiring {

struct FunctionConfiguration {
  storage::dynamodb::TableNames tables;
  std::uint32_t list_shards = 1;
  domain::RoleCatalogue roles;
};

// Reads the name of the users table and what `needs` (bits of api::Needs) asks for:
// IDEMPOTENCY_TABLE_NAME; USER_LIST_SHARDS, 8 if absent; the file ROLE_CATALOG_PATH, roles.json
// beside the program if absent. An error names the variable that is missing or malformed, in one
// line.
Result<FunctionConfiguration> ReadConfiguration(unsigned needs,
                                                const aws::Environment& environment);

// The value of a variable that must be there; an error names it.
Result<std::string> Required(std::string_view name, const aws::Environment& environment);

}  // namespace users::wiring
