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
#include "storage/table_scan.h"
#include "storage/table_store.h"

namespace rocksdb {
class Env;
}

namespace users::storage::local {

// The options of a local store.
struct LocalStoreOptions {
  std::string directory;  // created if absent; holds FORMAT, ANCHOR and db/
  // Puts to partitions of the users table with this prefix are recorded in the change feed.
  std::string feed_partition_prefix;
  // The attribute of the idempotency table with the time (seconds since 1970) after which an item
  // may be dropped.
  std::string ttl_attribute;
  std::size_t block_cache_bytes = 64 << 20;
  std::size_t row_cache_bytes = 48 << 20;
  std::size_t memtable_bytes = 64 << 20;        // written data that is not yet in a sorted file
  std::size_t max_waiting_transactions = 8192;  // one more is rejected: the store is overloaded
  int max_open_tables = 1000;                   // files that hold sorted tables
  unsigned read_threads = 2;                    // for reads that touch the disk
  // Open a store that lacks acknowledged changes, with the changes that can be recovered. Damaged
  // tables are still rejected.
  bool accept_older = false;
  rocksdb::Env* env = nullptr;  // tests inject faults here
};

// The counters and the state of the store since it was opened.
struct LocalStoreStatistics {
  std::atomic<std::uint64_t> transactions{0};  // committed
  std::atomic<std::uint64_t> batches{0};       // synced writes; several transactions share one
  std::atomic<std::uint64_t> failed_batches{0};
  std::atomic<std::uint64_t> waiting{0};  // transactions in the queue now
  std::atomic<bool> writable{true};       // false from a failed write until the store is reopened
  // The time since which the writer has worked on the present transactions; the epoch while it
  // waits for work. A disk that hangs shows here.
  std::atomic<std::chrono::steady_clock::time_point> writing_since{};
  std::atomic<std::uint64_t> disk_reads{0};       // reads that could not be served from memory
  std::atomic<std::uint64_t> disk_reads_done{0};  // of these, the ones that have ended
  // True once damage to the store's files is known: wrong bytes or missing files. All writes are
  // rejected until an operator acts. LocalStore::damage() describes the damage.
  std::atomic<bool> damaged{false};
  // False once a file of the store was missing, cut short or replaced. Checked every second.
  std::atomic<bool> files_in_place{true};
};

// A stored record of the change feed, or a stored checkpoint. Members are empty if the bytes are
// not valid.
struct StoredFeedRecord {
  std::optional<std::uint64_t> position;
  std::optional<Key> key;  // of the item that it records
};
struct StoredCheckpoint {
  std::string consumer;
  std::optional<std::uint64_t> position;
};

// A part of a table that cannot be read.
struct UnreadableRange {
  // The last item before the range and the first one after it. Nothing at an end of the table, and
  // in the change feed.
  std::optional<Key> after;
  std::optional<Key> until;
  std::string file;    // such as "db/000012.sst"; empty if it is not known
  std::string reason;  // for the operator
};
using SkipRange = std::function<void(const UnreadableRange&)>;

// The embedded store: RocksDB behind the three ports. Only one process at a time may open a directory.
class LocalStore : public TableStore, public ChangeFeed, public TableScan {
 public:
  // Opens a store, or creates a new one if no file of a store exists. Before it changes anything,
  // it compares the store with its anchor, and every table file with its checksum. It rejects a
  // store in which anything acknowledged is missing or changed.
  // Errors: kInternal if the store is damaged, kUnavailable for any other reason. The message is
  // for the operator and names the file.
  static Result<std::unique_ptr<LocalStore>> Open(const LocalStoreOptions& options,
                                                  const Clock& clock, const Log& log);

  // Opens an existing store for reading only. It writes no byte, so it works on a read-only file
  // system and on a copy, and it needs no permission to write. Every method that would write fails.
  // While it is open, no server starts on the directory, if the file system has locks.
  // Errors: kUnavailable if there is no store, or if a server runs on the directory; kInternal if
  // the files are too damaged to be opened. If acknowledged changes are missing, damage() is set.
  static Result<std::unique_ptr<LocalStore>> OpenForReading(const LocalStoreOptions& options,
                                                            const Clock& clock, const Log& log);

  // Returns the greatest partition key of the users table among those that begin with `prefix` and
  // are `size` bytes long.
  virtual Result<std::optional<std::string>> GreatestPartition(std::string_view prefix,
                                                               std::size_t size) = 0;

  // Visits every item of a table in the order of the keys, on this thread. The item is null if its
  // bytes are not valid. Visits the state at the time of the call. Ranges that cannot be read are
  // passed to `skip`, and the visit continues after them. An error means that the table could not
  // be read to its end, because there is no `skip` or there are too many such ranges. Its message
  // has the reason, for the operator.
  using VisitItem = std::function<void(const Key&, const Item*)>;
  virtual Status ForEachItem(Table table, const VisitItem& visit, const SkipRange& skip) = 0;
  Status ForEachItem(Table table, const VisitItem& visit) {
    return ForEachItem(table, visit, nullptr);
  }

  // Does the same for the change feed. The first record ever has position 1, and positions have no
  // gaps. Therefore the greatest position of records and checkpoints is the number of all items
  // that were ever recorded.
  using VisitFeedRecord = std::function<void(const StoredFeedRecord&)>;
  virtual Status ForEachFeedRecord(const VisitFeedRecord& visit, const SkipRange& skip) = 0;
  using VisitCheckpoint = std::function<void(const StoredCheckpoint&)>;
  virtual Status ForEachCheckpoint(const VisitCheckpoint& visit, const SkipRange& skip) = 0;

  // Reads every byte of the database's files, including those that no reader needs, and compares
  // them with their checksums. An error's message names the first file that differs, for the
  // operator.
  virtual Status VerifyFiles() = 0;

  // Creates a directory with a consistent set of the database's files, linked if possible, and the
  // file ANCHOR for this set, which must be stored beside the copy of the database. `directory`
  // must not exist. The caller copies it and then removes it.
  virtual Status LinkFilesTo(const std::string& directory) = 0;

  // The counters and the state, which change while the store is open.
  virtual const LocalStoreStatistics& statistics() const = 0;

  // The known damage to the store's files: one line for the operator that begins with the file's
  // path in the data directory ("db/000012.log: ..."). Nothing while no damage is known.
  virtual std::optional<std::string> damage() const = 0;

  // The time at which this version took over the store from a version that wrote format 1, which
  // wrote all earlier changes. The end of time if no server of this version has opened it yet;
  // nothing if this version created it.
  virtual std::optional<Timestamp> taken_over_at() const = 0;

  // Returns whether an earlier version wrote the store, so that its content must be upgraded. The
  // store may be used meanwhile.
  virtual bool needs_upgrade() const = 0;
  // Durably records that the content has been upgraded. From then on, earlier versions reject the
  // store. Fails with kUnavailable if FORMAT cannot be written.
  virtual Status FinishUpgrade() = 0;

  // Returns whether a version of this program that wrote no anchor wrote the store. Then nothing
  // was compared with an anchor.
  virtual bool had_no_anchor() const = 0;
};

// The format that this program writes. A store of a newer format is rejected. Format 1 has no anchor
// (anchor.h); its store gets one when it is opened, and has format 2 then. The content of format 2
// must be upgraded to that of format 3, which is up to the caller (FinishUpgrade).
inline constexpr int kStoreFormat = 3;

}  // namespace users::storage::local
