#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

#include "aws/json_client.h"
#include "storage/dynamodb/requests.h"
#include "storage/table_scan.h"
#include "storage/table_store.h"

// Parsers of DynamoDB's responses. Pure, so thread-safe. They return nothing if a response breaks
// the protocol.
namespace users::storage::dynamodb {

inline constexpr std::string_view kCancelled = "TransactionCanceledException";

// Decides whether a cancelled transaction must be sent again. A failed condition is final, whatever
// the other reasons are, because the service evaluates all of them together. Without one, a
// conflict or throttling decides nothing, so the transaction is retried.
aws::RetryKind ClassifyTransaction(const aws::JsonResponse& response);

// Reads the reasons of a cancelled transaction of `count` writes, in the order of the writes.
std::optional<TransactionResult> ReadCancellation(const boost::json::object& body,
                                                  std::size_t count);

// Read the item of GetItem and the items of TransactGetItems. An absent item is std::nullopt.
std::optional<std::optional<Item>> ReadItem(const boost::json::object& body);
std::optional<std::vector<std::optional<Item>>> ReadItems(const boost::json::object& body,
                                                          std::size_t count);

// The part of a batch that DynamoDB has read: the items that exist, in any order, and the keys that
// must be read again.
struct BatchPart {
  std::vector<std::pair<Key, Item>> found;
  std::vector<Key> unprocessed;
};
// Reads the response to BatchGetItem. `names` are the tables of the request.
std::optional<BatchPart> ReadBatch(const boost::json::object& body, const TableNames& names);

// Part of one partition.
struct PartitionRows {
  std::vector<Row> rows;
  std::optional<std::string> last;  // set if there may be rows after this sort key
};
// Reads the rows of Query. Returns nothing if they are out of order.
std::optional<PartitionRows> ReadQuery(const boost::json::object& body);

// Reads the items of Scan.
std::optional<ScanPage> ReadScan(const boost::json::object& body, Table table);

// Reads the TableStatus of DescribeTable.
std::optional<std::string> ReadTableStatus(const boost::json::object& body);

}  // namespace users::storage::dynamodb
