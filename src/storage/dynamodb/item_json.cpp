#include "storage/dynamodb/item_json.h"

#include "base/json/json.h"
#include "base/text/text.h"

namespace users::storage::dynamodb {
namespace {

namespace bj = boost::json;

void AppendBinaryValue(std::string& out, std::string_view bytes) {
  out += R"({"B":")";
  out += EncodeBase64(bytes);
  out += R"("})";
}

void AppendKeyMembers(std::string& out, const Key& key) {
  out += R"("PK":)";
  AppendStringValue(out, key.partition);
  if (key.table == Table::kIdempotency) return;
  out += R"(,"SK":)";
  AppendStringValue(out, key.sort);
}

// Adds an attribute. Returns false if its value does not match its type.
bool DecodeAttribute(std::string_view name, const bj::value& value, Item& item) {
  const auto* typed = value.if_object();
  if (typed == nullptr || typed->size() != 1 || name.empty() || name.size() > 255) return false;
  const std::string_view type = typed->begin()->key();
  if (type != "S" && type != "N" && type != "B") return true;
  const auto* text = typed->begin()->value().if_string();
  if (text == nullptr) return false;
  if (type == "S") {
    item.SetString(name, *text);
  } else if (type == "N") {
    const auto number = ParseNumber<std::int64_t>(*text);
    if (!number) return false;
    item.SetNumber(name, *number);
  } else {
    const auto bytes = DecodeBase64(*text);
    if (!bytes) return false;
    item.SetBinary(name, *bytes);
  }
  return true;
}

// The value of a key attribute, or nothing if it is missing or not a string.
std::optional<std::string> DecodeText(const bj::object& attributes, std::string_view name) {
  const auto* value = attributes.if_contains(name);
  const auto* typed = value == nullptr ? nullptr : value->if_object();
  if (typed == nullptr) return std::nullopt;
  const auto text = json::FindString(*typed, "S");
  return text ? std::optional(std::string(*text)) : std::nullopt;
}

}  // namespace

void AppendStringValue(std::string& out, std::string_view text) {
  out += R"({"S":)";
  json::AppendString(out, text);
  out += '}';
}

void AppendNumberValue(std::string& out, std::int64_t number) {
  out += R"({"N":")";
  out += std::to_string(number);
  out += R"("})";
}

void AppendKey(std::string& out, const Key& key) {
  out += '{';
  AppendKeyMembers(out, key);
  out += '}';
}

void AppendItem(std::string& out, const Key& key, const Item& item) {
  out += '{';
  AppendKeyMembers(out, key);
  item.ForEach([&](const Item::Attribute& attribute) {
    out += ',';
    json::AppendString(out, attribute.name);
    out += ':';
    switch (attribute.type) {
      case Item::Type::kString:
        AppendStringValue(out, attribute.value);
        break;
      case Item::Type::kNumber:
        AppendNumberValue(out, attribute.number());
        break;
      case Item::Type::kBinary:
        AppendBinaryValue(out, attribute.value);
        break;
    }
  });
  out += '}';
}

std::optional<Item> DecodeItem(const bj::object& attributes) {
  Item item;
  for (const auto& member : attributes) {
    const std::string_view name = member.key();
    if (name == kPartitionName || name == kSortName) continue;
    if (!DecodeAttribute(name, member.value(), item)) return std::nullopt;
  }
  return item;
}

std::optional<std::string> DecodeSort(const bj::object& attributes) {
  if (attributes.if_contains(kSortName) == nullptr) return std::string();
  return DecodeText(attributes, kSortName);
}

std::optional<Key> DecodeKey(Table table, const bj::object& attributes) {
  auto partition = DecodeText(attributes, kPartitionName);
  auto sort = DecodeSort(attributes);
  if (!partition || !sort || (table == Table::kUsers) == sort->empty()) return std::nullopt;
  return Key(table, std::move(*partition), std::move(*sort));
}

}  // namespace users::storage::dynamodb
