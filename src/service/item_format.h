#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "storage/item.h"

namespace users::service {

// Every item carries the version of its format in the attribute `v`. Each kind of item has versions
// of its own; this is the first.
inline constexpr std::int64_t kItemFormat = 1;

// Returns an item that has `v` set and space for `room` bytes of encoding.
storage::Item NewItem(std::size_t room = 0, std::int64_t format = kItemFormat);

// Returns the number that an item stores for a time: the milliseconds since 1970.
std::int64_t ToNumber(Timestamp time);

// Reads the attributes of one item. Reading is fastest in the order in which they were set.
//
// An attribute that is missing or has another type reads as empty and makes the whole item broken,
// so check ok() after the last read. The item must outlive the reader. Not thread-safe.
class ItemReader {
 public:
  // Reads `item`, beginning with its format. `newest_format` is the newest one of this kind of item
  // that the program knows.
  explicit ItemReader(const storage::Item& item, std::int64_t newest_format = kItemFormat);

  // The version of the item's format.
  std::int64_t format() const { return format_; }

  // The value of an attribute. The view points into the item.
  std::string_view String(std::string_view name);
  std::int64_t Number(std::string_view name);
  // The same for attributes that may be absent. One of another type makes the item broken.
  std::optional<std::string> OptionalString(std::string_view name);
  std::optional<std::int64_t> OptionalNumber(std::string_view name);
  // The value of a binary attribute of exactly N bytes.
  template <std::size_t N>
  std::array<std::uint8_t, N> Bytes(std::string_view name) {
    std::array<std::uint8_t, N> bytes{};
    const auto found = cursor_.Find(name, storage::Item::Type::kBinary);
    if (found && found->value.size() == N) {
      std::copy(found->value.begin(), found->value.end(), bytes.begin());
    } else {
      broken_ = true;
    }
    return bytes;
  }
  // The value of an attribute that ToNumber made. A time that has no RFC 3339 form makes the item
  // broken.
  Timestamp Time(std::string_view name);
  // Marks the item as broken, because a value breaks a rule that the reader does not know.
  void MarkBroken() { broken_ = true; }

  // Returns whether every read so far succeeded and the item's format is known.
  bool ok() const { return !newer_ && !broken_; }
  // The error if ok() is false. It is kUnavailable for a newer format, because another server of
  // the fleet can read it, and kInternal for a broken item.
  Error error() const;

 private:
  const storage::Item& item_;
  storage::Item::Cursor cursor_;
  std::int64_t format_ = 0;
  bool newer_ = false;
  bool broken_ = false;
};

}  // namespace users::service
