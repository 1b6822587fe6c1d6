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

Status CheckTransaction(const Transaction& transaction) {
  if (transaction.empty() || transaction.size() > kMaxTransactionOps) {
    return Error::Of(ErrorCode::kInternal, "a transaction has 1 to 100 writes");
  }
  std::vector<std::tuple<Table, std::string_view, std::string_view>> places;
  places.reserve(transaction.size());
  std::size_t bytes = 0;
  for (const WriteOp& op : transaction) {
    const Key& key = op.key();
    if (key.partition.empty() || (key.table == Table::kUsers) == key.sort.empty()) {
      return Error::Of(ErrorCode::kInternal, "a key is empty, or has an unexpected sort key");
    }
    places.emplace_back(key.table, key.partition, key.sort);
    const std::size_t size = key.partition.size() + key.sort.size() + op.item().SizeInBytes();
    if (size > kMaxItemBytes) return Error::Of(ErrorCode::kInternal, "an item is over 400 KB");
    bytes += size;
  }
  if (bytes > kMaxTransactionBytes) {
    return Error::Of(ErrorCode::kInternal, "a transaction is over 4 MB");
  }
  std::sort(places.begin(), places.end());
  if (std::adjacent_find(places.begin(), places.end()) != places.end()) {
    return Error::Of(ErrorCode::kInternal, "a transaction writes one item twice");
  }
  return Done{};
}

}  // namespace users::storage
