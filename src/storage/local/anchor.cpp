#include "storage/local/anchor.h"

#include <algorithm>

#include "storage/local/encoding.h"

namespace users::storage::local {
namespace {

constexpr std::string_view kMagic = "usersd-anchor 1\n";
constexpr std::size_t kNumberBytes = 8;
constexpr std::size_t kNumbers = 8;
constexpr std::size_t kHeadBytes = kMagic.size() + kNumbers * kNumberBytes + 32;

}  // namespace

std::string EncodeAnchor(const Anchor& anchor) {
  const std::string_view key = anchor.newest_key.size() <= Anchor::kMaxKeyBytes
                                   ? std::string_view(anchor.newest_key)
                                   : std::string_view();
  std::string slot(kMagic);
  for (const std::uint64_t number :
       {anchor.generation, anchor.sequence, anchor.position, anchor.manifest_number,
        anchor.manifest_bytes, anchor.wal_number, std::uint64_t{anchor.closed},
        std::uint64_t{key.size()}}) {
    slot += EncodePosition(number);
  }
  slot += AsText(anchor.newest_digest);
  slot += key;
  slot += AsText(Sha256(slot));
  return slot;
}

std::optional<Anchor> DecodeAnchor(std::string_view slot) {
  if (!slot.starts_with(kMagic) || slot.size() < kHeadBytes) return std::nullopt;
  const auto number = [&](std::size_t index) {
    return DecodePosition(slot.substr(kMagic.size() + index * kNumberBytes, kNumberBytes));
  };
  const std::uint64_t key_bytes = number(7);
  if (key_bytes > Anchor::kMaxKeyBytes) return std::nullopt;
  const std::size_t size = kHeadBytes + key_bytes;
  if (slot.size() < size + Sha256Digest().size()) return std::nullopt;
  const Sha256Digest digest = Sha256(slot.substr(0, size));
  if (slot.substr(size, digest.size()) != AsText(digest)) return std::nullopt;

  Anchor anchor;
  anchor.generation = number(0);
  anchor.sequence = number(1);
  anchor.position = number(2);
  anchor.manifest_number = number(3);
  anchor.manifest_bytes = number(4);
  anchor.wal_number = number(5);
  anchor.closed = number(6) != 0;
  const std::string_view newest = slot.substr(kHeadBytes - anchor.newest_digest.size());
  std::copy_n(newest.begin(), anchor.newest_digest.size(), anchor.newest_digest.begin());
  anchor.newest_key = slot.substr(kHeadBytes, key_bytes);
  return anchor;
}

std::optional<FoundAnchor> NewestAnchor(std::string_view file) {
  if (file.size() != kAnchorSlots * kAnchorSlotBytes) return std::nullopt;
  FoundAnchor found;
  for (std::size_t i = 0; i < kAnchorSlots; ++i) {
    auto anchor = DecodeAnchor(file.substr(i * kAnchorSlotBytes, kAnchorSlotBytes));
    if (!anchor) {
      ++found.unreadable_slots;
    } else if (anchor->generation >= found.anchor.generation) {
      found.anchor = std::move(*anchor);
    }
  }
  if (found.unreadable_slots == kAnchorSlots) return std::nullopt;
  if (found.anchor.closed && found.unreadable_slots > 0) return std::nullopt;
  return found;
}

}  // namespace users::storage::local
