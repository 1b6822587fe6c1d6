#pragma once

#include <string>
#include <utility>
#include <vector>

#include "storage/dynamodb/requests.h"
#include "storage/table_store.h"

namespace users::testing {

using StoredItem = std::pair<storage::Key, storage::Item>;
// A key and its item.
// Returns every item of both tables. Nothing may write at the same time.
std::vector<StoredItem> ScanTables(const std::string& url,
                                   const storage::dynamodb::TableNames& names);

}  // namespace users::testing
