#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

#include "aws/json_client.h"
#include "storage/table_store.h"

// What DynamoDB answers, read. Pure. Nothing where an answer is not what the protocol says.
namespace users::storage::dynamodb {

inline constexpr std::string_view kCancelled = "TransactionCanceledException";

// Whether a cancelled transaction is to be sent again. A failed condition is a decision, whatever
// stands beside it: the service judges all reasons together. Otherwise a conflict or a refusal for
// the load is no decision at all.
aws::RetryKind JudgeTransaction(const aws::JsonAnswer& answer);

// The reasons of a cancelled transaction of `count` writes, in their order.
std::optional<TransactionResult> ReadCancellation(const boost::json::object& body,
                                                  std::size_t count);

// The item of GetItem, and those of TransactGetItems; an item that is not there is std::nullopt.
std::optional<std::optional<Item>> ReadItem(const boost::json::object& body);
std::optional<std::vector<std::optional<Item>>> ReadItems(const boost::json::object& body,
                                                          std::size_t count);

// A part of one partition.
struct PartitionRows {
  std::vector<Row> rows;
  std::optional<std::string> last;  // there may be more beyond this sort key
};
std::optional<PartitionRows> ReadQuery(const boost::json::object& body);

// TableStatus of DescribeTable.
std::optional<std::string> ReadTableStatus(const boost::json::object& body);

}  // namespace users::storage::dynamodb
