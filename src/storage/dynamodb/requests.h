#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "storage/table_store.h"

// The bodies of the calls that the store makes (Amazon DynamoDB API Reference, version
// 2012-08-10). Pure.
namespace users::storage::dynamodb {

struct TableNames {
  std::string users;
  std::string idempotency;

  const std::string& Of(Table table) const { return table == Table::kUsers ? users : idempotency; }
};

// `token` makes repetitions of the same bytes one effect, for ten minutes; 1 to 36 characters.
std::string TransactWriteBody(const TableNames& names, const Transaction& transaction,
                              std::string_view token);

// Both consistent.
std::string GetItemBody(const TableNames& names, const Key& key);
std::string TransactGetBody(const TableNames& names, const std::vector<Key>& keys);

// One partition, consistent, by ascending sort key, beyond `after`.
std::string QueryBody(const TableNames& names, Table table, std::string_view partition,
                      std::string_view after, std::size_t limit);

// For local engines: a table as this service uses it, paid by request.
std::string CreateTableBody(const TableNames& names, Table table);
std::string DescribeTableBody(std::string_view name);
std::string UpdateTimeToLiveBody(std::string_view name, std::string_view attribute);

}  // namespace users::storage::dynamodb
