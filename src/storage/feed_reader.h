#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/async/task.h"
#include "base/result.h"
#include "storage/change_feed.h"

namespace users {
class Alarm;
}

namespace users::storage {

// The records that the feed has: those after `begin` up to `newest`, without gaps. The retention
// has removed the others.
struct FeedBounds {
  std::uint64_t begin = 0;
  std::uint64_t newest = 0;
};

// The change feed for requests: any number of readers, in both directions, without checkpoints.
// Thread-safe. Only committed records are seen. Errors are those of ChangeFeed.
class FeedReader {
 public:
  virtual ~FeedReader() = default;

  // The present bounds, from memory.
  virtual FeedBounds Bounds() const = 0;

  // 16 random bytes that identify the store. They stay the same across restarts.
  virtual std::string_view Identity() const = 0;

  // Return records after `position`, oldest first, or before it, newest first: up to `limit` of
  // them, and not many more bytes of items than `max_bytes`. They return at least one record if
  // there is one.
  virtual Task<Result<std::vector<FeedRecord>>> ReadAfter(std::uint64_t position, std::size_t limit,
                                                          std::size_t max_bytes) = 0;
  virtual Task<Result<std::vector<FeedRecord>>> ReadBefore(std::uint64_t position,
                                                           std::size_t limit,
                                                           std::size_t max_bytes) = 0;

  // Rings the alarm (base/async/alarm.h), on its executor, as soon as there is a record after
  // `position`. Forgets the alarm when nothing else refers to it. A waiter holds no thread.
  virtual void RingAfter(std::uint64_t position, const std::shared_ptr<Alarm>& alarm) = 0;
};

}  // namespace users::storage
