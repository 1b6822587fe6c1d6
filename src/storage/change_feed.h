#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "storage/item.h"

namespace users::storage {

// One committed put that the feed has recorded, with the item as it is now.
struct FeedRecord {
  std::uint64_t position = 0;  // the first one is 1; there are no gaps
  std::string partition;
  std::string sort;
  Item item;
};

// The second storage port: the committed puts, in the order of commitment. They are written in the
// same transaction as the change. A consumer continues from its checkpoint. The oldest records are
// removed by Remove, which the retention calls (audit/retention.h).
//
// Calls block, so each consumer must use its own thread. Thread-safe. Errors are kUnavailable
// (the store cannot be used now) or kInternal (broken data).
class ChangeFeed {
 public:
  virtual ~ChangeFeed() = default;

  // Returns the position up to which the consumer is done, or 0 if it has no checkpoint.
  virtual Result<std::uint64_t> Checkpoint(std::string_view consumer) = 0;

  // Durably saves that the consumer is done up to `position`.
  virtual Status SaveCheckpoint(std::string_view consumer, std::uint64_t position) = 0;

  // Returns the position of the newest committed record, or 0 if there never was one. Every record
  // up to it can be read, unless it was removed.
  virtual std::uint64_t NewestPosition() = 0;

  // Removes all records up to this position, which is not beyond the newest one.
  virtual Status Remove(std::uint64_t up_to) = 0;

  // Returns up to `limit` records after position `after`, oldest first. If those directly after it
  // were removed, the result begins with the oldest one that is left.
  virtual Result<std::vector<FeedRecord>> Read(std::uint64_t after, std::size_t limit) = 0;

  // Returns when there is a record after position `after`, when `at_most` has passed, or after
  // Interrupt().
  virtual void Wait(std::uint64_t after, std::chrono::milliseconds at_most) = 0;

  // Ends every current and future wait, because the feed is shutting down.
  virtual void Interrupt() = 0;
};

}  // namespace users::storage
