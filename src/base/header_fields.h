#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

namespace users {

// One HTTP header line. The views point into the buffer that holds the message.
struct HeaderField {
  std::string_view name;   // as sent, any letter case
  std::string_view value;  // without the white space around it
};

// The header lines of one message in the order in which they were sent, with an index by name that
// every look-up uses. Names are compared without regard to ASCII letter case. At most 65,535 lines.
// Not thread-safe, but any number of threads may call the const methods at once.
class HeaderFields {
 public:
  // The place of a line in the order in which the lines were sent.
  using Position = std::uint16_t;

  HeaderFields() = default;
  HeaderFields(std::initializer_list<HeaderField> fields) {
    for (const HeaderField& field : fields) Add(field);
  }

  // Appends a line. Takes logarithmic time, except that positions in the index move.
  void Add(const HeaderField& field);
  void Clear();
  void Reserve(std::size_t fields);

  // The lines as sent.
  std::size_t size() const { return fields_.size(); }
  const HeaderField& operator[](std::size_t position) const { return fields_[position]; }
  std::vector<HeaderField>::const_iterator begin() const { return fields_.begin(); }
  std::vector<HeaderField>::const_iterator end() const { return fields_.end(); }

  // Positions sorted by name, those of one name as sent. Named() returns the ones of one name.
  // Valid until the next change.
  std::span<const Position> Sorted() const { return sorted_; }
  std::span<const Position> Named(std::string_view name) const { return Named(KeyOf(name), name); }

  // The memory that is allocated.
  std::size_t AllocatedBytes() const {
    return fields_.capacity() * sizeof(HeaderField) + keys_.capacity() * sizeof(std::uint64_t) +
           sorted_.capacity() * sizeof(Position);
  }

 private:
  // Returns the first eight bytes of a name in lower case, as a number that is in the same order.
  // Most names differ in these. The compiler computes the keys of literals.
  static constexpr std::size_t kKeyBytes = 8;
  static std::uint64_t KeyOf(std::string_view name) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, name.data(), std::min(name.size(), kKeyBytes));
    static_assert(std::endian::native == std::endian::little);
    bytes = __builtin_bswap64(bytes);
    // The sums set the top bit of a byte if its other bits are at least 'A', or greater than 'Z'.
    constexpr std::uint64_t kEachByte = 0x0101010101010101;
    const std::uint64_t low = bytes & (0x7F * kEachByte);
    const std::uint64_t from_a = low + (0x80 - 'A') * kEachByte;
    const std::uint64_t beyond_z = low + (0x7F - 'Z') * kEachByte;
    const std::uint64_t is_upper = from_a & ~beyond_z & ~bytes & (0x80 * kEachByte);
    return bytes | (is_upper >> 2);
  }
  std::span<const Position> Named(std::uint64_t key, std::string_view name) const;
  // Returns the number of fields whose key is smaller.
  std::size_t RankOfKey(std::uint64_t key) const;
  // Compares the name at the position with another one. Returns a negative number, 0 or a positive
  // number.
  int Compare(Position position, std::uint64_t key, std::string_view name) const;

  std::vector<HeaderField> fields_;
  std::vector<std::uint64_t> keys_;  // of the fields as sent
  std::vector<Position> sorted_;
};

}  // namespace users
