#include "search/local/index_state.h"

#include <algorithm>
#include <array>

#include "search/fold.h"
#include "storage/item.h"

namespace users::search::local {
namespace {

constexpr std::int64_t kFormat = 1;

// Returns whether the bytes have the size of `out`, and copies them then.
template <std::size_t N>
bool Copy(std::string_view bytes, std::array<std::uint8_t, N>& out) {
  if (bytes.size() != N) return false;
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return true;
}

}  // namespace

std::string EncodeState(const IndexState& state) {
  storage::Item item;
  item.SetNumber("format", kFormat);
  item.SetString("folding", FoldingVersion());
  item.SetNumber("position", static_cast<std::int64_t>(state.position));
  if (state.built_to) item.SetBinary("builtTo", AsText(state.built_to->bytes));
  if (state.change) {
    item.SetString("partition", state.change->partition);
    item.SetString("sort", state.change->sort);
    item.SetBinary("hash", AsText(state.change->hash));
  }
  return item.encoded();
}

std::optional<IndexState> DecodeState(std::string_view row) {
  const auto item = storage::Item::FromEncoded(std::string(row));
  if (!item || item->FindNumber("format") != kFormat ||
      item->FindString("folding") != FoldingVersion()) {
    return std::nullopt;
  }
  IndexState state;
  const auto position = item->FindNumber("position");
  if (!position || *position < 0) return std::nullopt;
  state.position = static_cast<std::uint64_t>(*position);
  if (const auto built_to = item->FindBinary("builtTo")) {
    if (!Copy(*built_to, state.built_to.emplace().bytes)) return std::nullopt;
  }
  if (const auto hash = item->FindBinary("hash")) {
    KnownChange& change = state.change.emplace();
    change.partition = item->FindString("partition").value_or("");
    change.sort = item->FindString("sort").value_or("");
    if (!Copy(*hash, change.hash)) return std::nullopt;
  }
  return state;
}

}  // namespace users::search::local
