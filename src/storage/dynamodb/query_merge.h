#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "storage/dynamodb/responses.h"
#include "storage/table_store.h"

namespace users::storage::dynamodb {

// Merges several partitions into one page, by sort key, with as few and as small reads as possible.
//   QueryMerge merge(...);
//   while (!(asks = merge.Next()).empty()) { read each; merge.AddRows(...) }
//   page = merge.FinishPage();
// Makes no I/O. Not thread-safe.
class QueryMerge {
 public:
  // One read of a partition: up to `limit` rows after the sort key `after`.
  struct Ask {
    std::size_t partition = 0;
    std::string after;
    std::size_t limit = 0;
  };

  // Starts a page of `limit` rows after the sort key `after`.
  QueryMerge(std::size_t partitions, std::string after, std::size_t limit);

  // Returns the reads that are needed now, which are independent of each other. Empty if the page
  // is complete.
  std::vector<Ask> Next();
  // Adds the rows of a read that Next() asked for.
  void AddRows(std::size_t partition, PartitionRows rows);
  // Returns the page. Call it once, after Next() has returned no reads.
  Page FinishPage();

 private:
  struct Partition {
    std::deque<Row> rows;    // read, but not on the page yet
    std::string read_up_to;  // rows after this key are unknown,
    bool is_whole = false;   // unless the partition has been read to its end
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

// Returns how many rows of each of n partitions to read first for a page of `limit` rows. Hashing
// spreads rows evenly, so the mean plus three standard deviations is seldom too few. For one
// partition it is one row more than the page, which shows whether rows follow.
std::size_t RowsOfEachPartition(std::size_t limit, std::size_t partitions);

}  // namespace users::storage::dynamodb
