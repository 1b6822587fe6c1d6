#include "storage/dynamodb/requests.h"

#include <algorithm>

#include "base/json/json.h"
#include "storage/dynamodb/item_json.h"

namespace users::storage::dynamodb {
namespace {

using json::ObjectWriter;

constexpr std::string_view kIsAbsent = "attribute_not_exists(PK)";

// The expression of a condition. `#a` is its attribute, `:v` its value.
std::string_view ExpressionOf(Condition::Kind kind) {
  switch (kind) {
    case Condition::Kind::kNone:
      return "attribute_exists(PK) OR attribute_not_exists(PK)";
    case Condition::Kind::kAbsent:
      return kIsAbsent;
    case Condition::Kind::kNumberEquals:
    case Condition::Kind::kStringEquals:
      return "#a = :v";
    case Condition::Kind::kAbsentOrNumberAtMost:
      return "attribute_not_exists(PK) OR #a <= :v";
  }
  return kIsAbsent;
}

void WriteCondition(ObjectWriter& writer, std::string& out, const Condition& condition) {
  writer.String("ConditionExpression", ExpressionOf(condition.kind()));
  writer.String("ReturnValuesOnConditionCheckFailure", "ALL_OLD");
  if (condition.name().empty()) return;  // DynamoDB rejects unused names and values
  ObjectWriter names = writer.Object("ExpressionAttributeNames");
  names.String("#a", condition.name());
  names.Close();
  ObjectWriter values = writer.Object("ExpressionAttributeValues");
  values.Name(":v");
  if (condition.kind() == Condition::Kind::kStringEquals) {
    AppendStringValue(out, condition.text());
  } else {
    AppendNumberValue(out, condition.number());
  }
  values.Close();
}

std::string_view NameOf(WriteOp::Kind kind) {
  switch (kind) {
    case WriteOp::Kind::kPut:
      return "Put";
    case WriteOp::Kind::kDelete:
      return "Delete";
    case WriteOp::Kind::kCheck:
      return "ConditionCheck";
  }
  return "";
}

void AppendOp(std::string& out, const TableNames& names, const WriteOp& op) {
  ObjectWriter outer(out);
  ObjectWriter writer = outer.Object(NameOf(op.kind()));
  writer.String("TableName", names.Of(op.key().table));
  if (op.kind() == WriteOp::Kind::kPut) {
    writer.Name("Item");
    AppendItem(out, op.key(), op.item());
  } else {
    writer.Name("Key");
    AppendKey(out, op.key());
  }
  const bool needs_one = op.kind() == WriteOp::Kind::kCheck;
  if (needs_one || op.condition().kind() != Condition::Kind::kNone) {
    WriteCondition(writer, out, op.condition());
  }
  writer.Close();
  outer.Close();
}

}  // namespace

std::string TransactWriteBody(const TableNames& names, const Transaction& transaction,
                              std::string_view token) {
  std::string out;
  out.reserve(1024 * transaction.size());
  ObjectWriter writer(out);
  writer.String("ClientRequestToken", token);
  json::ArrayWriter items = writer.Array("TransactItems");
  for (const WriteOp& op : transaction) {
    items.Next();
    AppendOp(out, names, op);
  }
  items.Close();
  writer.Close();
  return out;
}

std::string GetItemBody(const TableNames& names, const Key& key) {
  std::string out;
  ObjectWriter writer(out);
  writer.String("TableName", names.Of(key.table));
  writer.Name("Key");
  AppendKey(out, key);
  writer.Bool("ConsistentRead", true);
  writer.Close();
  return out;
}

std::string TransactGetBody(const TableNames& names, const std::vector<Key>& keys) {
  std::string out;
  ObjectWriter writer(out);
  json::ArrayWriter items = writer.Array("TransactItems");
  for (const Key& key : keys) {
    ObjectWriter outer = items.Object();
    ObjectWriter get = outer.Object("Get");
    get.String("TableName", names.Of(key.table));
    get.Name("Key");
    AppendKey(out, key);
    get.Close();
    outer.Close();
  }
  items.Close();
  writer.Close();
  return out;
}

std::string BatchGetBody(const TableNames& names, const std::vector<Key>& keys) {
  std::string out;
  ObjectWriter writer(out);
  ObjectWriter tables = writer.Object("RequestItems");
  for (const Table table : {Table::kUsers, Table::kIdempotency}) {
    const auto is_here = [&](const Key& key) { return key.table == table; };
    if (std::none_of(keys.begin(), keys.end(), is_here))
      continue;  // DynamoDB rejects an empty list
    ObjectWriter reads = tables.Object(names.Of(table));
    json::ArrayWriter list = reads.Array("Keys");
    for (const Key& key : keys) {
      if (!is_here(key)) continue;
      list.Next();
      AppendKey(out, key);
    }
    list.Close();
    reads.Bool("ConsistentRead", true);
    reads.Close();
  }
  tables.Close();
  writer.Close();
  return out;
}

std::string QueryBody(const TableNames& names, Table table, std::string_view partition,
                      std::string_view after, std::string_view last, std::size_t limit) {
  std::string out;
  ObjectWriter writer(out);
  writer.String("TableName", names.Of(table));
  // A key condition has one comparison of the sort key, and BETWEEN includes both of its ends. With
  // an upper bound, the lower one is therefore the place where the query starts.
  const bool starts_behind = !after.empty() && !last.empty();
  writer.String("KeyConditionExpression", !last.empty()   ? "PK = :p AND SK <= :l"
                                          : after.empty() ? "PK = :p"
                                                          : "PK = :p AND SK > :a");
  ObjectWriter values = writer.Object("ExpressionAttributeValues");
  values.Name(":p");
  AppendStringValue(out, partition);
  if (!last.empty()) {
    values.Name(":l");
    AppendStringValue(out, last);
  } else if (!after.empty()) {
    values.Name(":a");
    AppendStringValue(out, after);
  }
  values.Close();
  if (starts_behind) {
    writer.Name("ExclusiveStartKey");
    AppendKey(out, Key(table, std::string(partition), std::string(after)));
  }
  writer.Number("Limit", static_cast<std::int64_t>(limit));
  writer.Bool("ConsistentRead", true);
  writer.Bool("ScanIndexForward", true);
  writer.Close();
  return out;
}

std::string ScanBody(const TableNames& names, const ScanRange& range) {
  std::string out;
  std::string filter;
  ObjectWriter writer(out);
  writer.String("TableName", names.Of(range.table));
  writer.Bool("ConsistentRead", true);
  ObjectWriter values = writer.Object("ExpressionAttributeValues");
  for (std::size_t i = 0; i < range.prefixes.size(); ++i) {
    const std::string name = ":p" + std::to_string(i);
    filter += (i == 0 ? "begins_with(PK, " : " OR begins_with(PK, ") + name + ")";
    values.Name(name);
    AppendStringValue(out, range.prefixes[i]);
  }
  values.Close();
  writer.String("FilterExpression", filter);
  if (range.after) {
    writer.Name("ExclusiveStartKey");
    AppendKey(out, *range.after);
  }
  writer.Close();
  return out;
}

std::string CreateTableBody(const TableNames& names, Table table) {
  const bool has_sort = table == Table::kUsers;
  std::string out;
  ObjectWriter writer(out);
  writer.String("TableName", names.Of(table));
  writer.String("BillingMode", "PAY_PER_REQUEST");
  writer.Raw("AttributeDefinitions", has_sort ? R"([{"AttributeName":"PK","AttributeType":"S"},)"
                                                R"({"AttributeName":"SK","AttributeType":"S"}])"
                                              : R"([{"AttributeName":"PK","AttributeType":"S"}])");
  writer.Raw("KeySchema", has_sort ? R"([{"AttributeName":"PK","KeyType":"HASH"},)"
                                     R"({"AttributeName":"SK","KeyType":"RANGE"}])"
                                   : R"([{"AttributeName":"PK","KeyType":"HASH"}])");
  writer.Close();
  return out;
}

std::string DescribeTableBody(std::string_view name) {
  std::string out;
  ObjectWriter writer(out);
  writer.String("TableName", name);
  writer.Close();
  return out;
}

std::string UpdateTimeToLiveBody(std::string_view name, std::string_view attribute) {
  std::string out;
  ObjectWriter writer(out);
  writer.String("TableName", name);
  ObjectWriter specification = writer.Object("TimeToLiveSpecification");
  specification.Bool("Enabled", true);
  specification.String("AttributeName", attribute);
  specification.Close();
  writer.Close();
  return out;
}

}  // namespace users::storage::dynamodb
