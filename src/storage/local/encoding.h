#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace users::storage::local {

// Returns a key as RocksDB stores it: the length of the partition key (2 bytes, big endian), the
// partition key, the sort key. Items of one partition are adjacent, in the order of their sort
// keys, and no two keys collide.
std::string EncodeKey(std::string_view partition, std::string_view sort);

// The common prefix of all keys of a partition, and the first key after all of them.
std::string PartitionPrefix(std::string_view partition);
std::string PartitionEnd(std::string_view partition);

// Returns the first possible key of the partitions that have `size` bytes and begin with `prefix`,
// which is not longer.
std::string StartOfPartitions(std::string_view prefix, std::size_t size);

// The parts of an encoded key. Views into it.
struct DecodedKey {
  std::string_view partition;
  std::string_view sort;
};
// Returns the parts of a key, or nothing if the bytes are not a key of this store.
std::optional<DecodedKey> DecodeKey(std::string_view key);

// Positions of the change feed as 8 bytes, big endian, so that they sort like their bytes.
std::string EncodePosition(std::uint64_t position);
std::uint64_t DecodePosition(std::string_view bytes);

}  // namespace users::storage::local
