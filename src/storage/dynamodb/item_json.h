#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "storage/item.h"
#include "storage/table_store.h"

// Items in DynamoDB's JSON: {"name":{"S":"text"}}, numbers as text, binaries in base 64. Pure.
namespace users::storage::dynamodb {

// The key attributes of both tables; the idempotency table has no sort key.
inline constexpr std::string_view kPartitionName = "PK";
inline constexpr std::string_view kSortName = "SK";

// `{"PK":{"S":"..."},"SK":{"S":"..."}}`, and the same with the item's attributes.
void AppendKey(std::string& out, const Key& key);
void AppendItem(std::string& out, const Key& key, const Item& item);

// `{"S":"text"}`, `{"N":"number"}`.
void AppendStringValue(std::string& out, std::string_view text);
void AppendNumberValue(std::string& out, std::int64_t number);

// The attributes of an item without its key. Types that this service does not write are passed
// over; nothing if a value is not what its type says.
std::optional<Item> DecodeItem(const boost::json::object& attributes);

// The sort key of an item or a key, empty where there is none; nothing if it is no text.
std::optional<std::string> DecodeSort(const boost::json::object& attributes);

}  // namespace users::storage::dynamodb
