#pragma once

#include <string>

#include "aws/json_client.h"
#include "base/async/task.h"
#include "base/result.h"
#include "storage/dynamodb/requests.h"

namespace users::storage::dynamodb {

// Implement the functions of DynamoDbStore with the same names. `client` and `names` must outlive
// the calls.
Task<Status> CheckTables(aws::JsonClient& client, const TableNames& names, Deadline deadline);
Task<Status> CreateTables(aws::JsonClient& client, const TableNames& names,
                          std::string ttl_attribute, Deadline deadline);

}  // namespace users::storage::dynamodb
