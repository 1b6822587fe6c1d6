#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "storage/item.h"
#include "storage/table_store.h"

// Items in DynamoDB's JSON: {"name":{"S":"text"}}, with numbers as text and binaries in base 64.
// Pure, so thread-safe.
namespace users::storage::dynamodb {

// The key attributes of both tables; the idempotency table has no sort key.
inline constexpr std::string_view kPartitionName = "PK";
inline constexpr std::string_view kSortName = "SK";

// Append `{"PK":{"S":"..."},"SK":{"S":"..."}}`, and the same with the item's attributes.
void AppendKey(std::string& out, const Key& key);
void AppendItem(std::string& out, const Key& key, const Item& item);

// Append `{"S":"text"}` and `{"N":"number"}`.
void AppendStringValue(std::string& out, std::string_view text);
void AppendNumberValue(std::string& out, std::int64_t number);

// Reads the attributes of an item without its key. Types that this service does not write are
// skipped. Returns nothing if a value does not match its type.
std::optional<Item> DecodeItem(const boost::json::object& attributes);

// Reads the sort key of an item or a key, empty if there is none. Returns nothing if it is not a
// string.
std::optional<std::string> DecodeSort(const boost::json::object& attributes);

// Reads the key of an item of this table. Returns nothing if it is not a key of that table.
std::optional<Key> DecodeKey(Table table, const boost::json::object& attributes);

}  // namespace users::storage::dynamodb
