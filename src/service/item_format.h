#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "storage/item.h"

namespace users::service {

// Every item carries the version of its format in the attribute `v`.
inline constexpr std::int64_t kItemFormat = 1;

// An item with room for so many bytes of encoding.
storage::Item NewItem(std::size_t room = 0);

// Reads the attributes of one item, fastest in the order in which they were set. What is missing or
// of another type reads as empty and makes the whole item broken; check ok() at the end.
class ItemReader {
 public:
  explicit ItemReader(const storage::Item& item);

  std::string_view String(std::string_view name);
  std::int64_t Number(std::string_view name);
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
  void MarkBroken() { broken_ = true; }

  bool ok() const { return !newer_ && !broken_; }
  // A newer format is 503: another server of the fleet can read it. A broken item is 500.
  Error error() const;

 private:
  storage::Item::Cursor cursor_;
  bool newer_ = false;
  bool broken_ = false;
};

}  // namespace users::service
