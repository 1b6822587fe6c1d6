#include "storage/dynamodb/query_merge.h"

#include <algorithm>
#include <cmath>

namespace users::storage::dynamodb {

std::size_t RowsOfEachPartition(std::size_t limit, std::size_t partitions) {
  if (partitions <= 1) return limit + 1;
  const double mean = static_cast<double>(limit) / static_cast<double>(partitions);
  const auto rows = static_cast<std::size_t>(std::ceil(mean + 3 * std::sqrt(mean)));
  return std::min(limit + 1, rows);
}

QueryMerge::QueryMerge(std::size_t partitions, std::string after, std::size_t limit)
    : limit_(limit), partitions_(partitions) {
  for (Partition& partition : partitions_) partition.read_up_to = after;
}

std::vector<QueryMerge::Ask> QueryMerge::Next() {
  std::vector<Ask> asks;
  if (begun_) Merge();
  const Partition* least = Least();
  // If the page is full and no row is left over, one row of each partition shows whether more rows
  // follow.
  const bool full = begun_ && IsFull();
  if (full && least != nullptr) return asks;
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    const Partition& partition = partitions_[i];
    // Read only partitions that may hide a row before those already read.
    if (partition.is_whole || !partition.rows.empty()) continue;
    if (least != nullptr && partition.read_up_to >= least->rows.front().sort) continue;
    Ask& ask = asks.emplace_back();
    ask.partition = i;
    ask.after = partition.read_up_to;
    if (!begun_) {
      ask.limit = RowsOfEachPartition(limit_, partitions_.size());
    } else {
      ask.limit = full ? 1 : limit_ - page_.rows.size() + 1;
    }
  }
  begun_ = true;
  return asks;
}

void QueryMerge::AddRows(std::size_t partition, PartitionRows read) {
  Partition& taken = partitions_[partition];
  taken.is_whole = !read.last.has_value();
  if (read.last) taken.read_up_to = std::move(*read.last);
  for (Row& row : read.rows) taken.rows.push_back(std::move(row));
}

QueryMerge::Partition* QueryMerge::Least() {
  Partition* least = nullptr;
  for (Partition& partition : partitions_) {
    if (partition.rows.empty()) continue;
    if (least == nullptr || partition.rows.front().sort < least->rows.front().sort) {
      least = &partition;
    }
  }
  return least;
}

bool QueryMerge::IsFull() const {
  return page_.rows.size() >= limit_ || bytes_ >= kMaxPageBytes;
}

void QueryMerge::Merge() {
  while (!IsFull()) {
    Partition* least = Least();
    if (least == nullptr) return;
    const std::string& sort = least->rows.front().sort;
    const bool may_hide =
        std::any_of(partitions_.begin(), partitions_.end(), [&](const auto& other) {
          return !other.is_whole && other.rows.empty() && other.read_up_to < sort;
        });
    if (may_hide) return;
    Row row = std::move(least->rows.front());
    least->rows.pop_front();
    bytes_ += row.sort.size() + row.item.SizeInBytes();
    page_.rows.push_back(std::move(row));
  }
}

Page QueryMerge::FinishPage() {
  page_.more = Least() != nullptr;
  return std::move(page_);
}

}  // namespace users::storage::dynamodb
