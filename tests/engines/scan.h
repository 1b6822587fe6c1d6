#pragma once

#include <string>
#include <utility>
#include <vector>

#include "storage/dynamodb/requests.h"
#include "storage/table_store.h"

namespace users::testing {

using StoredItem = std::pair<storage::Key, storage::Item>;

// Every item of both tables, for judging what a store holds; nobody may write meanwhile.
std::vector<StoredItem> ScanTables(const std::string& url,
                                   const storage::dynamodb::TableNames& names);

}  // namespace users::testing
