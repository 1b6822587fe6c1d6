#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/sha256.h"
#include "base/ulid.h"

namespace users::search::local {

// A change that a store has: its place and its hash. Another store has no entry with this hash.
struct KnownChange {
  std::string partition;
  std::string sort;
  Sha256Digest hash{};
  bool operator==(const KnownChange&) const = default;
};

// Describes the content of an index.
struct IndexState {
  // The changes of the feed up to this position are in the index.
  std::uint64_t position = 0;
  // While the index is being built: the last user that is in it, or the least id.
  std::optional<Ulid> built_to;
  // The change at `position`, if it is known. It shows whether the index belongs to a store.
  std::optional<KnownChange> change;
  bool operator==(const IndexState&) const = default;
};

// Encode a state as a row, and decode it. Nothing is returned for a row that another version of the
// format or of the library for folding wrote. Thread-safe.
std::string EncodeState(const IndexState& state);
std::optional<IndexState> DecodeState(std::string_view row);

}  // namespace users::search::local
