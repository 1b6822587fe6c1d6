#include "storage/dynamodb/responses.h"

#include <algorithm>
#include <iterator>

#include "base/json/json.h"
#include "storage/dynamodb/item_json.h"

namespace users::storage::dynamodb {
namespace {

namespace bj = boost::json;

const bj::array* FindArray(const bj::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value == nullptr ? nullptr : value->if_array();
}

const bj::object* FindObject(const bj::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value == nullptr ? nullptr : value->if_object();
}

// Decodes the items of a table. Returns nothing if one of them is not an item.
std::optional<std::vector<std::pair<Key, Item>>> ReadKeyedItems(const bj::array& items,
                                                                Table table) {
  std::vector<std::pair<Key, Item>> read;
  for (const bj::value& value : items) {
    const auto* attributes = value.if_object();
    if (attributes == nullptr) return std::nullopt;
    auto key = DecodeKey(table, *attributes);
    auto item = DecodeItem(*attributes);
    if (!key || !item) return std::nullopt;
    read.emplace_back(std::move(*key), std::move(*item));
  }
  return read;
}

// Returns LastEvaluatedKey, null if the page is the last one, or nothing if it is not a key.
std::optional<const bj::object*> FindLastKey(const bj::object& body) {
  const auto* last = body.if_contains("LastEvaluatedKey");
  if (last == nullptr || last->is_null()) return nullptr;
  const auto* key = last->if_object();
  if (key == nullptr) return std::nullopt;
  return key->empty() ? nullptr : key;
}

// The code of a reason, or empty if it has none.
std::string_view CodeOf(const bj::value& reason) {
  const auto* object = reason.if_object();
  if (object == nullptr) return {};
  return json::FindString(*object, "Code").value_or(std::string_view());
}

std::optional<OpOutcome> OutcomeOf(std::string_view code) {
  if (code == "None") return OpOutcome::kNone;
  if (code == "ConditionalCheckFailed") return OpOutcome::kConditionFailed;
  if (code == "TransactionConflict") return OpOutcome::kConflict;
  if (code == "ThrottlingError" || code == "ProvisionedThroughputExceeded" ||
      code == "RequestLimitExceeded") {
    return OpOutcome::kThrottled;
  }
  return std::nullopt;  // an error of this program, such as ValidationError
}

}  // namespace

aws::RetryKind ClassifyTransaction(const aws::JsonResponse& response) {
  const auto* reasons = FindArray(response.body, "CancellationReasons");
  if (response.error != kCancelled || reasons == nullptr) return aws::RetryKind::kNone;
  const auto any = [&](OpOutcome outcome) {
    return std::any_of(reasons->begin(), reasons->end(), [&](const bj::value& reason) {
      return OutcomeOf(CodeOf(reason)) == outcome;
    });
  };
  if (any(OpOutcome::kConditionFailed)) return aws::RetryKind::kNone;
  if (any(OpOutcome::kThrottled)) return aws::RetryKind::kThrottling;
  if (any(OpOutcome::kConflict)) return aws::RetryKind::kContention;
  return aws::RetryKind::kNone;
}

std::optional<TransactionResult> ReadCancellation(const bj::object& body, std::size_t count) {
  const auto* reasons = FindArray(body, "CancellationReasons");
  if (reasons == nullptr || reasons->size() != count) return std::nullopt;
  TransactionResult result;
  bool cancelled = false;
  for (const bj::value& reason : *reasons) {
    const auto outcome = OutcomeOf(CodeOf(reason));
    if (!outcome) return std::nullopt;
    OpReason& read = result.reasons.emplace_back();
    read.outcome = *outcome;
    cancelled = cancelled || *outcome != OpOutcome::kNone;
    if (*outcome != OpOutcome::kConditionFailed) continue;
    auto item = ReadItem(reason.get_object());
    if (!item) return std::nullopt;
    read.old_item = std::move(*item);
  }
  if (!cancelled) return std::nullopt;
  return result;
}

std::optional<std::optional<Item>> ReadItem(const bj::object& body) {
  const auto* value = body.if_contains("Item");
  if (value == nullptr || value->is_null()) return std::optional<Item>();
  const auto* attributes = value->if_object();
  if (attributes == nullptr) return std::nullopt;
  if (attributes->empty()) return std::optional<Item>();
  auto item = DecodeItem(*attributes);
  if (!item) return std::nullopt;
  return item;
}

std::optional<std::vector<std::optional<Item>>> ReadItems(const bj::object& body,
                                                          std::size_t count) {
  const auto* responses = FindArray(body, "Responses");
  if (responses == nullptr || responses->size() != count) return std::nullopt;
  std::vector<std::optional<Item>> items;
  for (const bj::value& response : *responses) {
    const auto* object = response.if_object();
    if (object == nullptr) return std::nullopt;
    auto item = ReadItem(*object);
    if (!item) return std::nullopt;
    items.push_back(std::move(*item));
  }
  return items;
}

std::optional<BatchPart> ReadBatch(const bj::object& body, const TableNames& names) {
  const auto* responses = FindObject(body, "Responses");
  if (responses == nullptr) return std::nullopt;
  BatchPart part;
  for (const Table table : {Table::kUsers, Table::kIdempotency}) {
    if (responses->if_contains(names.Of(table)) == nullptr) continue;
    const auto* items = FindArray(*responses, names.Of(table));
    if (items == nullptr) return std::nullopt;
    auto found = ReadKeyedItems(*items, table);
    if (!found) return std::nullopt;
    std::move(found->begin(), found->end(), std::back_inserter(part.found));
  }
  const auto* unprocessed = FindObject(body, "UnprocessedKeys");
  if (unprocessed == nullptr) return part;
  for (const Table table : {Table::kUsers, Table::kIdempotency}) {
    const auto* reads = FindObject(*unprocessed, names.Of(table));
    if (reads == nullptr) continue;
    const auto* keys = FindArray(*reads, "Keys");
    if (keys == nullptr) return std::nullopt;
    for (const bj::value& value : *keys) {
      const auto* attributes = value.if_object();
      auto key = attributes == nullptr ? std::nullopt : DecodeKey(table, *attributes);
      if (!key) return std::nullopt;
      part.unprocessed.push_back(std::move(*key));
    }
  }
  return part;
}

std::optional<PartitionRows> ReadQuery(const bj::object& body) {
  const auto* items = FindArray(body, "Items");
  if (items == nullptr) return std::nullopt;
  PartitionRows read;
  for (const bj::value& value : *items) {
    const auto* attributes = value.if_object();
    if (attributes == nullptr) return std::nullopt;
    auto sort = DecodeSort(*attributes);
    auto item = DecodeItem(*attributes);
    if (!sort || !item) return std::nullopt;
    // Rows must be in order, because they are merged.
    if (!read.rows.empty() && read.rows.back().sort >= *sort) return std::nullopt;
    read.rows.push_back(Row{std::move(*sort), std::move(*item)});
  }
  const auto last = FindLastKey(body);
  if (!last) return std::nullopt;
  if (*last == nullptr) return read;
  auto sort = DecodeSort(**last);
  if (!sort || (!read.rows.empty() && *sort < read.rows.back().sort)) return std::nullopt;
  read.last = std::move(*sort);
  return read;
}

std::optional<ScanPage> ReadScan(const bj::object& body, Table table) {
  const auto* items = FindArray(body, "Items");
  if (items == nullptr) return std::nullopt;
  auto found = ReadKeyedItems(*items, table);
  const auto last = FindLastKey(body);
  if (!found || !last) return std::nullopt;
  ScanPage read;
  read.items = std::move(*found);
  if (*last == nullptr) return read;
  read.continue_after = DecodeKey(table, **last);
  if (!read.continue_after) return std::nullopt;
  return read;
}

std::optional<std::string> ReadTableStatus(const bj::object& body) {
  const auto* table = body.if_contains("Table");
  const auto* object = table == nullptr ? nullptr : table->if_object();
  if (object == nullptr) return std::nullopt;
  const auto status = json::FindString(*object, "TableStatus");
  return status ? std::optional(std::string(*status)) : std::nullopt;
}

}  // namespace users::storage::dynamodb
