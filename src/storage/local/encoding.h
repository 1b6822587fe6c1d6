#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace users::storage::local {

// How keys are laid out in RocksDB: the length of the partition key (2 bytes, big endian), the
// partition key, the sort key. Items of one partition stand together in the order of their sort
// keys, and no two keys collide.
std::string EncodeKey(std::string_view partition, std::string_view sort);

// What all keys of a partition begin with, and the first key after them all.
std::string PartitionPrefix(std::string_view partition);
std::string PartitionEnd(std::string_view partition);

struct DecodedKey {
  std::string_view partition;
  std::string_view sort;
};
std::optional<DecodedKey> DecodeKey(std::string_view key);

// Positions of the change feed: 8 bytes, big endian, so that their order is the order of bytes.
std::string EncodePosition(std::uint64_t position);
std::uint64_t DecodePosition(std::string_view bytes);

}  // namespace users::storage::local
