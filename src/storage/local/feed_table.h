#pragma once

#include <rocksdb/options.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "storage/change_feed.h"
#include "storage/local/engine_access.h"
#include "storage/local/local_store.h"
#include "storage/local/scan.h"

namespace users::storage::local {

// The keys of the meta family: the prefix of checkpoints, the position up to which records were
// removed, and the identity of the store.
inline constexpr std::string_view kCheckpointPrefix = "checkpoint/";
inline constexpr std::string_view kFeedBeginKey = "feed/begin";
inline constexpr std::string_view kIdentityKey = "feed/identity";

inline constexpr std::size_t kIdentityBytes = 16;

// A part of the feed to read.
struct FeedRange {
  std::uint64_t position = 0;  // excluded
  bool backward = false;       // before the position, newest first; otherwise after it
  std::size_t limit = 1;
  std::size_t max_bytes = kMaxPageBytes;  // about this many bytes of items, but one record at least
  std::uint64_t newest = UINT64_MAX;      // no record after this one
};

// The stored side of the change feed: records, which the group commit writes, and checkpoints. A
// record is a pointer: its value is the key of the item. Thread-safe.
class FeedTable {
 public:
  // Both must outlive this.
  FeedTable(EngineAccess& access, const Log& log) : access_(access), log_(log) {}

  // Call it first. Reads the begin of the feed and the identity of the store. If the store can be
  // written and was made before it had these, adds them: such a feed begins after its least
  // checkpoint, because records that every consumer had passed were removed.
  Status Open(bool can_write);

  // The position up to which records were removed, and the identity of the store.
  std::uint64_t begin() const { return begin_; }
  std::string_view identity() const { return identity_; }

  // Implement ChangeFeed's functions with these names.
  Result<std::uint64_t> Checkpoint(std::string_view consumer) const;
  Status SaveCheckpoint(std::string_view consumer, std::uint64_t position);
  Status Remove(std::uint64_t up_to);
  Result<std::vector<FeedRecord>> Read(std::uint64_t after, std::size_t limit) const;

  // Returns the records of a range with their items. Nothing if the options allow only memory and
  // that does not have them.
  std::optional<Result<std::vector<FeedRecord>>> ReadRange(const FeedRange& range,
                                                           rocksdb::ReadOptions options) const;

  // Implement LocalStore's functions with these names.
  Status ForEachRecord(const LocalStore::VisitFeedRecord& visit, const SkipRange& skip) const;
  Status ForEachStoredCheckpoint(const LocalStore::VisitCheckpoint& visit,
                                 const SkipRange& skip) const;

 private:
  // Returns the least checkpoint of all consumers; nothing if there is none.
  Result<std::optional<std::uint64_t>> LeastCheckpoint() const;
  using Records = std::vector<FeedRecord>;
  // Turns pointers into records, and appends them. Nothing if only memory is allowed and does not
  // have the items.
  struct Pointer {
    std::uint64_t position = 0;
    std::string key;
  };
  std::optional<Status> Resolve(Engine& engine, const std::vector<Pointer>& pointers,
                                const rocksdb::ReadOptions& options, Records& records) const;
  Status ScanForOperator(Engine& engine, rocksdb::ColumnFamilyHandle* family,
                         const VisitEntry& visit, const SkipRange& skip,
                         std::string_view doing) const;
  Error Failed(const rocksdb::Status& status, std::string_view doing) const;

  EngineAccess& access_;
  const Log& log_;
  std::atomic<std::uint64_t> begin_{0};
  std::string identity_ = std::string(kIdentityBytes, '\0');  // set by Open
};

}  // namespace users::storage::local
