#pragma once

#include <cstdint>
#include <string>

#include "api/operation.h"
#include "aws/environment.h"
#include "base/program_error.h"
#include "domain/role_catalogue.h"
#include "storage/dynamodb/requests.h"

namespace users::wiring {

// The configuration of a function. Members that it does not use have their defaults.
struct FunctionConfiguration {
  storage::dynamodb::TableNames tables;
  std::uint32_t list_shards = 1;
  domain::RoleCatalogue roles;
};

// Reads the name of the users table and the variables that `needs` (bits of api::Needs) selects:
// IDEMPOTENCY_TABLE_NAME; USER_LIST_SHARDS, 8 if absent; the file ROLE_CATALOG_PATH, roles.json
// beside the program if absent. An error is one line that names the missing or malformed variable.
Result<FunctionConfiguration, ProgramError> ReadConfiguration(unsigned needs,
                                                              const aws::Environment& environment);

// Returns the value of a required variable. An error names it.
Result<std::string, ProgramError> Required(std::string_view name,
                                           const aws::Environment& environment);

}  // namespace users::wiring
