#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/sha256.h"

namespace users::storage::local {

// States what a store must contain, which is everything that was acknowledged. It is kept in the
// file ANCHOR, outside the engine, because the engine cannot distinguish an older state of its
// files from the newest one.
struct Anchor {
  std::uint64_t generation = 0;  // counts the writes of the file
  // RocksDB's sequence number and the position of the change feed after the newest write.
  std::uint64_t sequence = 0;
  std::uint64_t position = 0;
  // The newest item that the feed records: its encoded key and the SHA-256 of its bytes. The key is
  // empty if it is not known or is longer than kMaxKeyBytes.
  std::string newest_key;
  Sha256Digest newest_digest{};
  // The current MANIFEST, and its min size in bytes.
  std::uint64_t manifest_number = 0;
  std::uint64_t manifest_bytes = 0;
  std::uint64_t wal_number = 0;  // a recent write-ahead log; only for messages
  bool closed = false;           // the store was closed in an orderly way after this

  static constexpr std::size_t kMaxKeyBytes = 200;
};

// The file has several slots, each in its own block, so that a torn write damages only one.
inline constexpr std::size_t kAnchorSlots = 3;
inline constexpr std::size_t kAnchorSlotBytes = 4096;

// Encodes an anchor in at most 512 bytes, which is one sector of the oldest disks.
std::string EncodeAnchor(const Anchor& anchor);

// Returns nothing if the slot does not hold a whole anchor.
std::optional<Anchor> DecodeAnchor(std::string_view slot);

// The newest anchor in a file.
struct FoundAnchor {
  Anchor anchor;
  std::size_t unreadable_slots = 0;
};
// Returns nothing if no slot can be read, if the file does not have its size, or if a slot cannot
// be read although the store was closed in an orderly way.
std::optional<FoundAnchor> NewestAnchor(std::string_view file);

}  // namespace users::storage::local
