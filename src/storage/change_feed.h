#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "storage/item.h"

namespace users::storage {

// One committed put that a feed tells of, with the item as it stands now.
struct FeedRecord {
  std::uint64_t position = 0;  // grows; may have gaps
  std::string partition;
  std::string sort;
  Item item;
};

// The second port: what was committed, in the order of commitment, written in the same transaction
// as the change. A consumer reads on from its checkpoint; what every consumer has passed is
// removed. Calls block and belong on a thread of the consumer's own. Thread-safe.
class ChangeFeed {
 public:
  virtual ~ChangeFeed() = default;

  // The position up to which the consumer is done; 0 if it has never said so.
  virtual Result<std::uint64_t> Checkpoint(std::string_view consumer) = 0;

  // Remembers durably that the consumer is done up to `position`, and removes what nobody needs.
  virtual Status SaveCheckpoint(std::string_view consumer, std::uint64_t position) = 0;

  // Up to `limit` records beyond `after`, oldest first.
  virtual Result<std::vector<FeedRecord>> Read(std::uint64_t after, std::size_t limit) = 0;

  // Returns once there is something beyond `after`, or the time is over, or Interrupt was called.
  virtual void Wait(std::uint64_t after, std::chrono::milliseconds at_most) = 0;

  // Ends every wait, now and later: the feed is shutting down.
  virtual void Interrupt() = 0;
};

}  // namespace users::storage
