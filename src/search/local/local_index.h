#pragma once

#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/log.h"
#include "search/local/index_feeder.h"
#include "search/user_index.h"

namespace users::search::local {

// The search index of an embedded store: RocksDB behind the port. Thread-safe.
class LocalIndex final : public UserIndex {
 public:
  // All references must outlive the index. Nothing is read or written before Start.
  LocalIndex(storage::ChangeFeed& feed, storage::TableStore& store, std::uint32_t list_shards,
             const IndexDatabaseOptions& options, const Log& log)
      : feed_(feed), store_(store), list_shards_(list_shards), options_(options), log_(log) {}
  ~LocalIndex() override;

  // Starts to build or to update the index, and returns when it is ready, or after `at_most`. Call
  // it once, before any other call. Nothing may remove records of the feed before.
  void Start(std::chrono::milliseconds at_most);

  Task<Result<Candidates>> Find(std::vector<std::string> words, std::optional<Ulid> after,
                                std::size_t limit) override;

  // Valid after Start.
  const IndexStatistics& statistics() const { return feeder_->statistics(); }
  // Returns how many committed changes are not in the index.
  std::uint64_t lag() const;

 private:
  storage::ChangeFeed& feed_;
  storage::TableStore& store_;
  const std::uint32_t list_shards_;
  const IndexDatabaseOptions options_;
  const Log& log_;
  std::optional<IndexFeeder> feeder_;
  // A search reads several lists, of which any may be on the disk.
  boost::asio::thread_pool readers_{2};
};

}  // namespace users::search::local
