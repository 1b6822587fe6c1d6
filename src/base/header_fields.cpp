#include "base/header_fields.h"

#include <algorithm>

#include "base/text/text.h"

namespace users {
namespace {

// Up to this many keys are compared with each key, which is faster than a search with branches.
constexpr std::size_t kMaxCountedKeys = 32;

}  // namespace

int HeaderFields::Compare(Position position, std::uint64_t key, std::string_view name) const {
  if (keys_[position] != key) return keys_[position] < key ? -1 : 1;
  const std::string_view other = fields_[position].name;
  const std::size_t compared = std::min({kKeyBytes, name.size(), other.size()});
  return CompareIgnoringAsciiCase(other.substr(compared), name.substr(compared));
}

std::size_t HeaderFields::RankOfKey(std::uint64_t key) const {
  if (keys_.size() <= kMaxCountedKeys) {
    std::size_t smaller = 0;
    for (const std::uint64_t other : keys_) smaller += static_cast<std::size_t>(other < key);
    return smaller;
  }
  const auto found = std::partition_point(sorted_.begin(), sorted_.end(),
                                          [&](Position position) { return keys_[position] < key; });
  return static_cast<std::size_t>(found - sorted_.begin());
}

void HeaderFields::Add(const HeaderField& field) {
  const std::uint64_t key = KeyOf(field.name);
  const auto first = sorted_.begin() + static_cast<std::ptrdiff_t>(RankOfKey(key));
  auto at = first;
  if (first != sorted_.end() && keys_[*first] == key) {
    at = std::partition_point(first, sorted_.end(), [&](Position position) {
      return Compare(position, key, field.name) <= 0;
    });
  }
  sorted_.insert(at, static_cast<Position>(fields_.size()));
  keys_.push_back(key);
  fields_.push_back(field);
}

void HeaderFields::Clear() {
  fields_.clear();
  keys_.clear();
  sorted_.clear();
}

void HeaderFields::Reserve(std::size_t fields) {
  fields_.reserve(fields);
  keys_.reserve(fields);
  sorted_.reserve(fields);
}

std::span<const HeaderFields::Position> HeaderFields::Named(std::uint64_t key,
                                                            std::string_view name) const {
  auto begin = sorted_.begin() + static_cast<std::ptrdiff_t>(RankOfKey(key));
  while (begin != sorted_.end() && Compare(*begin, key, name) < 0) ++begin;
  auto end = begin;
  while (end != sorted_.end() && Compare(*end, key, name) == 0) ++end;
  return {begin, end};
}

}  // namespace users
