#include "storage/table_store.h"

#include <algorithm>
#include <tuple>

namespace users::storage {

bool Condition::Holds(const Item* item) const {
  switch (kind_) {
    case Kind::kNone:
      return true;
    case Kind::kAbsent:
      return item == nullptr;
    case Kind::kNumberEquals:
      return item != nullptr && item->FindNumber(name_) == number_;
    case Kind::kStringEquals:
      return item != nullptr && item->FindString(name_) == text_;
    case Kind::kAbsentOrNumberAtMost: {
      if (item == nullptr) return true;
      const auto value = item->FindNumber(name_);
      return value && *value <= number_;
    }
  }
  return false;
}

namespace {

using Place = std::tuple<Table, std::string_view, std::string_view>;

Place PlaceOf(const Key& key) {
  return Place(key.table, key.partition, key.sort);
}

bool IsValid(const Key& key) {
  return !key.partition.empty() && (key.table == Table::kUsers) != key.sort.empty();
}

bool HasRepeats(std::vector<Place> places) {
  std::sort(places.begin(), places.end());
  return std::adjacent_find(places.begin(), places.end()) != places.end();
}

constexpr std::string_view kInvalidKey = "a key is empty, or has an unexpected sort key";

}  // namespace

Status CheckTransaction(const Transaction& transaction) {
  if (transaction.empty() || transaction.size() > kMaxTransactionOps) {
    return Error::Of(ErrorCode::kInternal, "a transaction has 1 to 100 writes");
  }
  std::vector<Place> places;
  places.reserve(transaction.size());
  std::size_t bytes = 0;
  for (const WriteOp& op : transaction) {
    const Key& key = op.key();
    if (!IsValid(key)) return Error::Of(ErrorCode::kInternal, std::string(kInvalidKey));
    places.push_back(PlaceOf(key));
    const std::size_t size = key.partition.size() + key.sort.size() + op.item().SizeInBytes();
    if (size > kMaxItemBytes) return Error::Of(ErrorCode::kInternal, "an item is over 400 KB");
    bytes += size;
  }
  if (bytes > kMaxTransactionBytes) {
    return Error::Of(ErrorCode::kInternal, "a transaction is over 4 MB");
  }
  if (HasRepeats(std::move(places))) {
    return Error::Of(ErrorCode::kInternal, "a transaction writes one item twice");
  }
  return Done{};
}

Status CheckBatch(const std::vector<Key>& keys) {
  if (keys.size() > kMaxBatchKeys) {
    return Error::Of(ErrorCode::kInternal, "a batch has at most 100 keys");
  }
  std::vector<Place> places;
  places.reserve(keys.size());
  for (const Key& key : keys) {
    if (!IsValid(key)) return Error::Of(ErrorCode::kInternal, std::string(kInvalidKey));
    places.push_back(PlaceOf(key));
  }
  if (HasRepeats(std::move(places))) {
    return Error::Of(ErrorCode::kInternal, "a batch reads one item twice");
  }
  return Done{};
}

}  // namespace users::storage
