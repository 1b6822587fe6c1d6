#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "storage/table_scan.h"
#include "storage/table_store.h"

// Writers of the request bodies that the store sends (Amazon DynamoDB API Reference, version
// 2012-08-10). Pure, so thread-safe.
namespace users::storage::dynamodb {

// The names of the two tables.
struct TableNames {
  std::string users;
  std::string idempotency;

  // Returns the name of one table.
  const std::string& Of(Table table) const { return table == Table::kUsers ? users : idempotency; }
};

// Writes a transaction. `token` (1 to 36 characters) makes repetitions of the same bytes take
// effect once, for ten minutes.
std::string TransactWriteBody(const TableNames& names, const Transaction& transaction,
                              std::string_view token);

// All write consistent reads. `keys` has 1 to 100 keys, none of them twice.
std::string GetItemBody(const TableNames& names, const Key& key);
std::string TransactGetBody(const TableNames& names, const std::vector<Key>& keys);
std::string BatchGetBody(const TableNames& names, const std::vector<Key>& keys);

// Writes a consistent query of one partition, by ascending sort key, after `after` and up to `last`
// (empty: to the end). `after` must be less than `last`.
std::string QueryBody(const TableNames& names, Table table, std::string_view partition,
                      std::string_view after, std::string_view last, std::size_t limit);

// Writes a consistent scan.
std::string ScanBody(const TableNames& names, const ScanRange& range);

// For local engines: write the creation of a table as this service uses it (billed per request), a
// query of its state, and the setting of its expiry.
std::string CreateTableBody(const TableNames& names, Table table);
std::string DescribeTableBody(std::string_view name);
std::string UpdateTimeToLiveBody(std::string_view name, std::string_view attribute);

}  // namespace users::storage::dynamodb
