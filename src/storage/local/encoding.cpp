#include "storage/local/encoding.h"

namespace users::storage::local {
namespace {

constexpr std::size_t kLengthBytes = 2;

}  // namespace

std::string PartitionPrefix(std::string_view partition) {
  return StartOfPartitions(partition, partition.size());
}

std::string StartOfPartitions(std::string_view prefix, std::size_t size) {
  std::string key;
  key.reserve(kLengthBytes + prefix.size() + 32);
  key.push_back(static_cast<char>(size >> 8));
  key.push_back(static_cast<char>(size));
  key += prefix;
  return key;
}

std::string EncodeKey(std::string_view partition, std::string_view sort) {
  std::string key = PartitionPrefix(partition);
  key += sort;
  return key;
}

std::string PartitionEnd(std::string_view partition) {
  // The next string of the same length is greater than all keys with this prefix.
  std::string end = PartitionPrefix(partition);
  for (std::size_t i = end.size(); i-- > 0;) {
    end[i] = static_cast<char>(end[i] + 1);
    if (end[i] != 0) break;
  }
  return end;
}

std::optional<DecodedKey> DecodeKey(std::string_view key) {
  if (key.size() < kLengthBytes) return std::nullopt;
  const std::size_t length = static_cast<std::size_t>(static_cast<unsigned char>(key[0])) << 8 |
                             static_cast<unsigned char>(key[1]);
  if (key.size() - kLengthBytes < length) return std::nullopt;
  return DecodedKey{key.substr(kLengthBytes, length), key.substr(kLengthBytes + length)};
}

std::string EncodePosition(std::uint64_t position) {
  std::string bytes(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(position >> (56 - 8 * i));
  return bytes;
}

std::uint64_t DecodePosition(std::string_view bytes) {
  std::uint64_t position = 0;
  for (const char byte : bytes) position = (position << 8) | static_cast<unsigned char>(byte);
  return position;
}

}  // namespace users::storage::local
