#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace users::storage {

// The attributes of one item, without its key: named texts, whole numbers and binaries, which are
// the types of DynamoDB that this service uses. One buffer holds them all, so that a read copies
// once and decodes only the attributes that are asked for. The encoding is part of the local
// store's format:
//   per attribute: name length (1 byte), name, type ('S' 'N' 'B'), value length (4 bytes, little
//   endian), value; a number is its 8 bytes, little endian.
// Not thread-safe. Returned values point into the item.
class Item {
 public:
  enum class Type : char { kString = 'S', kNumber = 'N', kBinary = 'B' };
  // One attribute. Its views point into the item.
  struct Attribute {
    std::string_view name;
    Type type;
    std::string_view value;  // a number's 8 bytes; see number()
    std::int64_t number() const;
  };

  Item() = default;

  // Reserves space for `bytes` bytes of encoding, so that setting attributes need not allocate.
  void Reserve(std::size_t bytes) { encoded_.reserve(bytes); }

  // Set an attribute. Names are 1 to 255 bytes, and each may be set once.
  Item& SetString(std::string_view name, std::string_view value);
  Item& SetNumber(std::string_view name, std::int64_t value);
  Item& SetBinary(std::string_view name, std::string_view value);

  // Returns whether there is an attribute of that name, of any type.
  bool Has(std::string_view name) const;

  // Return the value, or nothing if there is no attribute of that name and type.
  std::optional<std::string_view> FindString(std::string_view name) const;
  std::optional<std::int64_t> FindNumber(std::string_view name) const;
  std::optional<std::string_view> FindBinary(std::string_view name) const;

  // Finds attributes one after another. Each look-up is immediate if the order is the one in which
  // the attributes were set. The item must outlive the cursor.
  class Cursor {
   public:
    explicit Cursor(const Item& item) : item_(item), rest_(item.encoded_) {}
    std::optional<Attribute> Find(std::string_view name, Type type);

   private:
    const Item& item_;
    std::string_view rest_;  // after the attribute that was found last
  };

  // Calls `visit(const Attribute&)` for each attribute, in the order in which they were set.
  template <class Visit>
  void ForEach(Visit visit) const {
    std::string_view rest = encoded_;
    while (const auto attribute = ParseAttribute(rest)) visit(*attribute);
  }

  // The size as DynamoDB counts it: the bytes of names and values. A number counts as 8 bytes.
  std::size_t SizeInBytes() const;

  // The encoding.
  const std::string& encoded() const { return encoded_; }
  // Returns the item that the bytes encode, or nothing if they are not an encoding.
  static std::optional<Item> FromEncoded(std::string encoded);

  // Compares the attributes, in any order.
  bool operator==(const Item& other) const;

 private:
  static std::optional<Attribute> ParseAttribute(std::string_view& rest);
  Item& Append(std::string_view name, Type type, std::string_view value);
  std::optional<Attribute> Find(std::string_view name, Type type) const;

  std::string encoded_;
};

}  // namespace users::storage
