#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "storage/change_feed.h"
#include "storage/local/engine_access.h"
#include "storage/local/local_store.h"
#include "storage/local/scan.h"

namespace users::storage::local {

// The prefix of the keys of checkpoints in the meta family.
inline constexpr std::string_view kCheckpointPrefix = "checkpoint/";

// The stored side of the change feed: records, which the group commit writes, and checkpoints. A
// record is a pointer: its value is the key of the item. Thread-safe.
class FeedTable {
 public:
  // Both must outlive this.
  FeedTable(EngineAccess& access, const Log& log) : access_(access), log_(log) {}

  // Implement ChangeFeed's functions with these names.
  Result<std::uint64_t> Checkpoint(std::string_view consumer) const;
  Status SaveCheckpoint(std::string_view consumer, std::uint64_t position);
  Result<std::vector<FeedRecord>> Read(std::uint64_t after, std::size_t limit) const;

  // Implement LocalStore's functions with these names.
  Status ForEachRecord(const LocalStore::VisitFeedRecord& visit, const SkipRange& skip) const;
  Status ForEachStoredCheckpoint(const LocalStore::VisitCheckpoint& visit,
                                 const SkipRange& skip) const;

 private:
  Result<FeedRecord> Resolve(Engine& engine, std::string_view position,
                             std::string_view pointer) const;
  // Returns the least checkpoint of all consumers except the one with this key; nothing if there is
  // none.
  Result<std::optional<std::uint64_t>> MinCheckpoint(Engine& engine, std::string_view but) const;
  template <class Visit>
  Status ForEachCheckpoint(Engine& engine, Visit visit) const;
  Status ScanForOperator(Engine& engine, rocksdb::ColumnFamilyHandle* family,
                         const VisitEntry& visit, const SkipRange& skip,
                         std::string_view doing) const;
  Error Failed(const rocksdb::Status& status, std::string_view doing) const;

  EngineAccess& access_;
  const Log& log_;
};

}  // namespace users::storage::local
