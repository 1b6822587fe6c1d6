#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "storage/dynamodb/answers.h"
#include "storage/table_store.h"

namespace users::storage::dynamodb {

// Makes one page of several partitions, by sort key, out of as few and as small reads as will do.
//   QueryMerge merge(...);
//   while (!(asks = merge.Next()).empty()) { read each; merge.Take(...) }
//   page = merge.TakePage();
// Not thread-safe; no I/O.
class QueryMerge {
 public:
  // One read of a partition.
  struct Ask {
    std::size_t partition = 0;
    std::string after;
    std::size_t limit = 0;
  };

  QueryMerge(std::size_t partitions, std::string after, std::size_t limit);

  // The reads that are needed now, independent of each other; none: the page is there.
  std::vector<Ask> Next();
  void Take(std::size_t partition, PartitionRows rows);
  Page TakePage();

 private:
  struct Partition {
    std::deque<Row> rows;    // read, not yet on the page
    std::string read_up_to;  // what lies beyond is not known,
    bool is_whole = false;   // unless nothing does
  };
  void Merge();
  bool IsFull() const;
  Partition* Least();

  const std::size_t limit_;
  std::vector<Partition> partitions_;
  Page page_;
  std::size_t bytes_ = 0;
  bool begun_ = false;
};

// How many rows of each of n partitions a page of `limit` asks for: hashing spreads rows evenly,
// and three standard deviations more than the mean are seldom too few. One more than the page where
// there is one partition, which shows whether rows follow.
std::size_t RowsOfEachPartition(std::size_t limit, std::size_t partitions);

}  // namespace users::storage::dynamodb
