#include "storage/item.h"

#include <algorithm>
#include <array>

namespace users::storage {
namespace {

template <std::size_t N>
std::array<char, N> LittleEndian(std::uint64_t value) {
  std::array<char, N> bytes;
  for (std::size_t i = 0; i < N; ++i) bytes[i] = static_cast<char>(value >> (8 * i));
  return bytes;
}

template <std::size_t N>
std::uint64_t FromLittleEndian(const char* bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < N; ++i) {
    value |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  return value;
}

}  // namespace

std::int64_t Item::Attribute::number() const {
  return static_cast<std::int64_t>(FromLittleEndian<8>(value.data()));
}

Item& Item::SetString(std::string_view name, std::string_view value) {
  return Append(name, Type::kString, value);
}

Item& Item::SetNumber(std::string_view name, std::int64_t value) {
  const auto bytes = LittleEndian<8>(static_cast<std::uint64_t>(value));
  return Append(name, Type::kNumber, std::string_view(bytes.data(), bytes.size()));
}

Item& Item::SetBinary(std::string_view name, std::string_view value) {
  return Append(name, Type::kBinary, value);
}

Item& Item::Append(std::string_view name, Type type, std::string_view value) {
  const auto size = LittleEndian<4>(value.size());
  const std::size_t at = encoded_.size();
  encoded_.resize(at + name.size() + value.size() + 6);
  char* to = encoded_.data() + at;
  *to++ = static_cast<char>(name.size());
  to = std::copy(name.begin(), name.end(), to);
  *to++ = static_cast<char>(type);
  to = std::copy(size.begin(), size.end(), to);
  std::copy(value.begin(), value.end(), to);
  return *this;
}

std::optional<Item::Attribute> Item::ParseAttribute(std::string_view& rest) {
  if (rest.empty()) return std::nullopt;
  const std::size_t name_size = static_cast<unsigned char>(rest[0]);
  if (rest.size() < name_size + 6) return std::nullopt;
  Attribute attribute{rest.substr(1, name_size), static_cast<Type>(rest[1 + name_size]), {}};
  const std::size_t value_size = FromLittleEndian<4>(rest.data() + 2 + name_size);
  const std::size_t value_at = name_size + 6;
  if (rest.size() - value_at < value_size) return std::nullopt;
  attribute.value = rest.substr(value_at, value_size);
  rest.remove_prefix(value_at + value_size);
  return attribute;
}

std::optional<Item::Attribute> Item::Find(std::string_view name, Type type) const {
  std::string_view rest = encoded_;
  while (const auto attribute = ParseAttribute(rest)) {
    if (attribute->name == name) {
      if (attribute->type != type) return std::nullopt;
      return attribute;
    }
  }
  return std::nullopt;
}

std::optional<Item::Attribute> Item::Cursor::Find(std::string_view name, Type type) {
  std::string_view behind = rest_;
  const auto next = ParseAttribute(behind);
  if (!next || next->name != name) return item_.Find(name, type);
  rest_ = behind;
  if (next->type != type) return std::nullopt;
  return next;
}

bool Item::Has(std::string_view name) const {
  std::string_view rest = encoded_;
  while (const auto attribute = ParseAttribute(rest)) {
    if (attribute->name == name) return true;
  }
  return false;
}

std::optional<std::string_view> Item::FindString(std::string_view name) const {
  const auto attribute = Find(name, Type::kString);
  if (!attribute) return std::nullopt;
  return attribute->value;
}

std::optional<std::int64_t> Item::FindNumber(std::string_view name) const {
  const auto attribute = Find(name, Type::kNumber);
  if (!attribute) return std::nullopt;
  return attribute->number();
}

std::optional<std::string_view> Item::FindBinary(std::string_view name) const {
  const auto attribute = Find(name, Type::kBinary);
  if (!attribute) return std::nullopt;
  return attribute->value;
}

bool Item::operator==(const Item& other) const {
  if (encoded_ == other.encoded_) return true;
  if (encoded_.size() != other.encoded_.size()) return false;
  // Each name occurs once. If every attribute is found and the sizes are equal, the items are
  // equal.
  bool same = true;
  ForEach([&](const Attribute& attribute) {
    const auto found = other.Find(attribute.name, attribute.type);
    same = same && found && found->value == attribute.value;
  });
  return same;
}

std::size_t Item::SizeInBytes() const {
  std::size_t size = 0;
  ForEach(
      [&](const Attribute& attribute) { size += attribute.name.size() + attribute.value.size(); });
  return size;
}

std::optional<Item> Item::FromEncoded(std::string encoded) {
  std::string_view rest = encoded;
  while (const auto attribute = ParseAttribute(rest)) {
    switch (attribute->type) {
      case Type::kString:
      case Type::kBinary:
        break;
      case Type::kNumber:
        if (attribute->value.size() != 8) return std::nullopt;
        break;
      default:
        return std::nullopt;
    }
  }
  if (!rest.empty()) return std::nullopt;
  Item item;
  item.encoded_ = std::move(encoded);
  return item;
}

}  // namespace users::storage
