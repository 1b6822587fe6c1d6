#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "storage/change_feed.h"
#include "storage/table_store.h"

namespace rocksdb {
class Env;
}

namespace users::storage::local {

struct LocalStoreOptions {
  std::string directory;  // made if absent; holds FORMAT, ANCHOR and db/
  // Puts to partitions of the users table that begin so are told of in the change feed.
  std::string feed_partition_prefix;
  // The attribute of the idempotency table after whose time (seconds since 1970) an item may go.
  std::string ttl_attribute;
  std::size_t block_cache_bytes = 64 << 20;
  std::size_t row_cache_bytes = 48 << 20;
  std::size_t memtable_bytes = 64 << 20;         // all that is written and not yet in a sorted file
  std::size_t most_waiting_transactions = 8192;  // one more is refused: the store is overloaded
  int max_open_tables = 1000;                    // files that hold sorted tables
  unsigned read_threads = 2;                     // for reads that touch the disk
  // Open a store that lacks acknowledged changes, with what can be recovered. Damaged tables are
  // rejected all the same.
  bool accept_older = false;
  rocksdb::Env* env = nullptr;  // tests inject faults here
};

// What the store has done since it was opened.
struct LocalStoreStatistics {
  std::atomic<std::uint64_t> transactions{0};  // committed
  std::atomic<std::uint64_t> batches{0};       // synced writes; several transactions share one
  std::atomic<std::uint64_t> failed_batches{0};
  std::atomic<std::uint64_t> waiting{0};  // transactions in the queue now
  std::atomic<bool> writable{true};       // false from a failed write until the store is mended
  // Since when the writer works on what it has taken from the queue; the epoch while it waits for
  // work. A disk that hangs shows here.
  std::atomic<std::chrono::steady_clock::time_point> writing_since{};
  std::atomic<std::uint64_t> disk_reads{0};       // reads that memory could not answer
  std::atomic<std::uint64_t> disk_reads_done{0};  // of these, the ones that have ended
  // Bytes of the store's files are known to be wrong, or files to be gone. All writes are rejected
  // until an operator acts; LocalStore::damage() says what is wrong.
  std::atomic<bool> damaged{false};
  // False once a file of the store was missing, cut short or replaced. A watch looks every second.
  std::atomic<bool> files_in_place{true};
};

// A record of the change feed, or a checkpoint, as it is stored; nothing where the bytes are none.
struct StoredFeedRecord {
  std::optional<std::uint64_t> position;
  std::optional<Key> key;  // of the item that it tells of
};
struct StoredCheckpoint {
  std::string consumer;
  std::optional<std::uint64_t> position;
};

// A part of a table that cannot be read.
struct UnreadableRange {
  std::optional<Key> after;  // the last item before it, and the first one behind it; nothing at an
  std::optional<Key> until;  // end of the table, and in the change feed
  std::string file;          // such as "db/000012.sst"; empty where nobody knows it
  std::string reason;        // for the operator
};
using SkipRange = std::function<void(const UnreadableRange&)>;

// The embedded store: RocksDB behind both ports. One process at a time may have a directory open.
class LocalStore : public TableStore, public ChangeFeed {
 public:
  // Makes a new store only where no file of one is there. Before it changes anything, it compares
  // the store with its anchor, and every table file with its checksum: a store in which anything
  // that was acknowledged is missing or changed is rejected.
  // kInternal: the store is damaged. kUnavailable: any other reason. The message is for the
  // operator: why the directory cannot be opened, with the file.
  static Result<std::unique_ptr<LocalStore>> Open(const LocalStoreOptions& options,
                                                  const Clock& clock, const Log& log);

  // Opens an existing store only to read it. It writes no byte, so it works on a read-only file
  // system and on a copy, and it needs no right to write. Every method that would write fails.
  // While it is open no server starts on the directory, if the file system has locks.
  // kUnavailable: there is no store, or a server runs on the directory. kInternal: the files are
  // too damaged to be opened. What opens although acknowledged changes are missing has damage().
  static Result<std::unique_ptr<LocalStore>> OpenForReading(const LocalStoreOptions& options,
                                                            const Clock& clock, const Log& log);

  // The greatest partition key of the users table among those that begin with `prefix` and are
  // `size` bytes long.
  virtual Result<std::optional<std::string>> GreatestPartition(std::string_view prefix,
                                                               std::size_t size) = 0;

  // Visits every item of a table in the order of the keys, on this thread; the item is null where
  // the bytes are no item. Sees the state of the moment of the call. What cannot be read is given
  // to `skip`, and the visit goes on behind it. An error means that the table could not be read to
  // its end, because there is no `skip` or there are too many such ranges; its message, for the
  // operator, says why.
  using VisitItem = std::function<void(const Key&, const Item*)>;
  virtual Status ForEachItem(Table table, const VisitItem& visit, const SkipRange& skip) = 0;
  Status ForEachItem(Table table, const VisitItem& visit) {
    return ForEachItem(table, visit, nullptr);
  }

  // The same for the change feed. Its first record ever has position 1, and positions have no gaps;
  // so the greatest, of records and checkpoints, is the number of items that were ever told of.
  using VisitFeedRecord = std::function<void(const StoredFeedRecord&)>;
  virtual Status ForEachFeedRecord(const VisitFeedRecord& visit, const SkipRange& skip) = 0;
  using VisitCheckpoint = std::function<void(const StoredCheckpoint&)>;
  virtual Status ForEachCheckpoint(const VisitCheckpoint& visit, const SkipRange& skip) = 0;

  // Reads every byte of the database's files, those too that no reader asks for, and compares them
  // with their checksums. An error's message, for the operator, names the first file that differs.
  virtual Status VerifyFiles() = 0;

  // Makes a directory with a consistent set of the database's files, linked where that is possible,
  // and the file ANCHOR for this set, which belongs beside the copy of the database.
  // `directory` must not exist; it is for a copy to be made from, and then to be removed.
  virtual Status LinkFilesTo(const std::string& directory) = 0;

  virtual const LocalStoreStatistics& statistics() const = 0;

  // What is known to be wrong with the store's files: one line for the operator that begins with
  // the file's path in the data directory ("db/000012.log: ..."). Nothing while no damage is known.
  virtual std::optional<std::string> damage() const = 0;

  // When this version took the store over from a version that wrote format 1: what was committed
  // before was written by that one. The end of time if no server of this version has opened it yet;
  // nothing if this version made it.
  virtual std::optional<Timestamp> taken_over_at() const = 0;

  // The store came from a version of this program that wrote no anchor; nothing was compared.
  virtual bool had_no_anchor() const = 0;
};

// The format that this program writes: 2 has an anchor (anchor.h), 1 has none and gets one. A store
// of a newer format is rejected.
inline constexpr int kStoreFormat = 2;

}  // namespace users::storage::local
