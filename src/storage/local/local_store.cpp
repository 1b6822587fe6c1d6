#include "storage/local/local_store.h"

#include <rocksdb/utilities/checkpoint.h>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include "base/async/blocking.h"
#include "base/files.h"
#include "storage/local/encoding.h"
#include "storage/local/engine_access.h"
#include "storage/local/feed_table.h"
#include "storage/local/group_commit.h"
#include "storage/local/page_cache_file_system.h"
#include "storage/local/reader.h"
#include "storage/local/start_check.h"
#include "storage/local/store_lock.h"
#include "storage/local/store_start.h"
#include "storage/local/store_watch.h"

namespace users::storage::local {
namespace {

// A transaction whose submitter waits in a coroutine.
template <class Handler>
class AwaitedTransaction final : public PendingTransaction {
 public:
  AwaitedTransaction(Transaction transaction, Deadline deadline, Handler handler)
      : PendingTransaction(std::move(transaction), deadline),
        handler_(std::move(handler)),
        guard_(boost::asio::make_work_guard(boost::asio::get_associated_executor(handler_))) {}

  void Complete(Result<TransactionResult> result) override {
    auto resume = [handler = std::move(handler_), result = std::move(result)]() mutable {
      handler(std::move(result));
    };
    boost::asio::post(guard_.get_executor(), std::move(resume));
  }

 private:
  Handler handler_;
  boost::asio::executor_work_guard<Executor> guard_;
};

class RocksStore final : public LocalStore {
 public:
  RocksStore(const LocalStoreOptions& options, const Clock& clock, const Log& log)
      : options_(options),
        clock_(clock),
        log_(log),
        damage_(statistics_, log),
        disk_readers_(options.read_threads) {}

  Status Open() {
    auto started = StartStore(options_, clock_, log_, damage_);
    if (!started.ok()) return std::move(started.error());
    had_no_anchor_ = started->had_no_anchor;
    anchor_ = std::move(started->anchor);
    if (auto adopted = Adopt(std::move(started->access), /*can_write=*/true); !adopted.ok()) {
      return adopted;
    }
    writer_.emplace(*access_, *anchor_, options_, statistics_, log_);
    watch_.emplace(options_, *access_, *anchor_, statistics_);
    return Done{};
  }

  Status OpenForReading() {
    auto lock = ReadLock::Acquire(options_.directory);
    if (!lock.ok()) return std::move(lock.error());
    read_lock_ = std::move(*lock);
    auto access = StartReading(options_, clock_, log_, damage_);
    if (!access.ok()) return std::move(access.error());
    statistics_.writable = false;
    return Adopt(std::move(*access), /*can_write=*/false);
  }

  ~RocksStore() override {
    disk_readers_.join();
    watch_.reset();
    writer_.reset();
    if (anchor_ != nullptr) Close();
  }

  Task<Result<TransactionResult>> TransactWrite(Transaction transaction,
                                                Deadline deadline) override {
    if (auto checked = CheckTransaction(transaction); !checked.ok()) {
      log_.Error("store_misused").Text("reason", checked.error().message);
      co_return Error::Internal();
    }
    auto start = [this, deadline](auto handler, Transaction moved) {
      std::unique_ptr<PendingTransaction> pending =
          std::make_unique<AwaitedTransaction<decltype(handler)>>(std::move(moved), deadline,
                                                                  std::move(handler));
      if (!writer_ || !writer_->Submit(pending)) {
        pending->Complete(Error::Unavailable("The store is overloaded."));
      }
    };
    co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<Executor>,
                                                   void(Result<TransactionResult>)>(
        std::move(start), kUseTask, std::move(transaction));
  }

  Task<Result<Items>> Get(std::vector<Key> keys, Deadline) override {
    return FromMemoryOrDisk<Items>(
        [this, keys = std::move(keys)](auto& options) { return reader_->Get(keys, options); });
  }

  Task<Result<Items>> GetEach(std::vector<Key> keys, Deadline deadline) override {
    if (auto checked = CheckBatch(keys); !checked.ok()) {
      log_.Error("store_misused").Text("reason", checked.error().message);
      co_return Error::Internal();
    }
    co_return co_await Get(std::move(keys), deadline);
  }

  Task<Result<Page>> Query(QueryRange range, Deadline) override {
    return FromMemoryOrDisk<Page>(
        [this, range = std::move(range)](auto& options) { return reader_->Query(range, options); });
  }

  Task<Result<ScanPage>> Scan(ScanRange range, Deadline) override {
    return FromMemoryOrDisk<ScanPage>(
        [this, range = std::move(range)](auto& options) { return reader_->Scan(range, options); });
  }

  Result<std::uint64_t> Checkpoint(std::string_view consumer) override {
    return feed_->Checkpoint(consumer);
  }
  Status SaveCheckpoint(std::string_view consumer, std::uint64_t position) override {
    return feed_->SaveCheckpoint(consumer, position);
  }
  Status Remove(std::uint64_t up_to) override { return feed_->Remove(up_to); }
  Result<std::vector<FeedRecord>> Read(std::uint64_t after, std::size_t limit) override {
    return feed_->Read(after, limit);
  }
  std::uint64_t NewestPosition() override { return Newest(); }
  void Wait(std::uint64_t after, std::chrono::milliseconds at_most) override {
    if (writer_) writer_->WaitForPosition(after, at_most);
  }
  void Interrupt() override {
    if (writer_) writer_->InterruptWaits();
  }

  FeedBounds Bounds() const override { return FeedBounds{feed_->begin(), Newest()}; }
  std::string_view Identity() const override { return feed_->identity(); }
  Task<Result<std::vector<FeedRecord>>> ReadAfter(std::uint64_t position, std::size_t limit,
                                                  std::size_t max_bytes) override {
    return ReadFeed(FeedRange{position, /*backward=*/false, limit, max_bytes, Bounds().newest});
  }
  Task<Result<std::vector<FeedRecord>>> ReadBefore(std::uint64_t position, std::size_t limit,
                                                   std::size_t max_bytes) override {
    return ReadFeed(FeedRange{position, /*backward=*/true, limit, max_bytes, Bounds().newest});
  }
  void RingAfter(std::uint64_t position, const std::shared_ptr<Alarm>& alarm) override {
    if (writer_) writer_->RingAfter(position, alarm);
  }

  Result<std::optional<std::string>> GreatestPartition(std::string_view prefix,
                                                       std::size_t size) override {
    const EngineAccess::Lease engine(*access_);
    if (!engine) return NoEngine();
    std::string greatest(prefix);
    greatest.resize(size, '\xFF');
    const std::unique_ptr<rocksdb::Iterator> it(
        engine->db().NewIterator(rocksdb::ReadOptions(), engine->family(Table::kUsers)));
    it->SeekForPrev(PartitionEnd(greatest));
    if (!it->status().ok()) return ToError(it->status());
    if (!it->Valid()) return std::optional<std::string>();
    const auto key = DecodeKey(it->key().ToStringView());
    if (!key || key->partition.size() != size || !key->partition.starts_with(prefix)) {
      return std::optional<std::string>();
    }
    return std::optional<std::string>(key->partition);
  }

  Status ForEachItem(Table table, const VisitItem& visit, const SkipRange& skip) override {
    return reader_->ForEachItem(table, visit, skip);
  }

  Status ForEachFeedRecord(const VisitFeedRecord& visit, const SkipRange& skip) override {
    return feed_->ForEachRecord(visit, skip);
  }
  Status ForEachCheckpoint(const VisitCheckpoint& visit, const SkipRange& skip) override {
    return feed_->ForEachStoredCheckpoint(visit, skip);
  }

  Status VerifyFiles() override {
    const EngineAccess::Lease engine(*access_);
    if (!engine) return NoEngine();
    // Files written by earlier versions of this program have checksums of their blocks only.
    rocksdb::Status status = engine->db().VerifyFileChecksums(rocksdb::ReadOptions());
    if (status.ok()) status = engine->db().VerifyChecksum();
    if (status.ok()) return Done{};
    log_.Error("store_read_failed").Text("doing", "verify").Text("reason", status.ToString());
    return Error::Of(ToError(status).code, status.ToString());
  }

  Status LinkFilesTo(const std::string& directory) override {
    const EngineAccess::Lease engine(*access_);
    if (!engine) return NoEngine();
    // RocksDB would flush memtables here, although the database is open only for reading.
    if (!writer_) return Error::Unavailable("is open only for reading");
    rocksdb::Checkpoint* made = nullptr;
    rocksdb::Status status = rocksdb::Checkpoint::Create(&engine->db(), &made);
    const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
    const Anchor anchor = anchor_->current();  // the set may include concurrent writes or not
    if (status.ok()) status = checkpoint->CreateCheckpoint(directory);
    if (status.ok()) {
      auto written = WriteClosingAnchor(anchor, directory, directory);
      if (written.ok()) return written;
      status = rocksdb::Status::IOError(written.error().message);
    }
    log_.Error("store_link_failed").Text("reason", status.ToString());
    return Error::Unavailable(status.ToString());
  }

  const LocalStoreStatistics& statistics() const override { return statistics_; }
  std::optional<std::string> damage() const override { return damage_.text(); }
  bool needs_upgrade() const override { return NeedsUpgrade(EnvOf(options_), options_.directory); }
  Status FinishUpgrade() override { return WriteNewestFormat(EnvOf(options_), options_.directory); }
  bool had_no_anchor() const override { return had_no_anchor_; }
  std::optional<Timestamp> taken_over_at() const override {
    return ReadTakenOverAt(EnvOf(options_), options_.directory);
  }

 private:
  // The position of the newest record.
  std::uint64_t Newest() const { return writer_ ? writer_->NewestPosition() : newest_read_; }

  // Serves reads from memory, ours or the kernel's, at once. Only reads that would wait for the
  // disk go to another thread, so that one cold read never stalls the other requests of a core.
  template <class T, class Read>
  Task<Result<T>> FromMemoryOrDisk(Read read) {
    rocksdb::ReadOptions options;
    options.io_timeout = kFromMemoryOnly;
    std::optional<Result<T>> found = read(options);
    if (found) co_return std::move(*found);
    ++statistics_.disk_reads;
    options.io_timeout = std::chrono::microseconds::zero();
    auto from_disk = [&] {
      Result<T> result = *read(options);
      ++statistics_.disk_reads_done;
      return result;
    };
    co_return co_await RunOn(disk_readers_, from_disk);
  }

  Task<Result<std::vector<FeedRecord>>> ReadFeed(FeedRange range) {
    return FromMemoryOrDisk<std::vector<FeedRecord>>(
        [this, range](auto& options) { return feed_->ReadRange(range, options); });
  }

  // Writes an anchor that records the orderly close, unless the store failed: then the present
  // anchor stays.
  void Close() {
    std::optional<Anchor> anchor;
    {
      const EngineAccess::Lease engine(*access_);
      if (engine && !engine->failed() && !damage_.is_known()) {
        auto last = AnchorOf(*engine, anchor_->current());
        if (last.ok()) anchor = std::move(*last);
      }
    }
    reader_.reset();
    feed_.reset();
    access_.reset();
    anchor_.reset();
    if (!anchor) return;
    const std::string& directory = options_.directory;
    const auto written = WriteClosingAnchor(*anchor, directory + "/db", directory);
    if (!written.ok()) log_.Warning("anchor_not_closed").Text("reason", written.error().message);
  }

  // Writes the anchor of a database that no process writes to any more.
  Status WriteClosingAnchor(Anchor anchor, const std::string& database, const std::string& to) {
    rocksdb::Env& env = EnvOf(options_);
    if (auto added = AddManifest(env, database, anchor); !added.ok()) return added;
    ++anchor.generation;
    anchor.closed = true;
    return WriteAnchor(env, to, anchor);
  }

  Status Adopt(std::unique_ptr<EngineAccess> access, bool can_write) {
    access_ = std::move(access);
    reader_.emplace(*access_, log_);
    feed_.emplace(*access_, log_);
    auto opened = feed_->Open(can_write);
    // A store that is open for reading is examined despite its damage.
    if (!opened.ok() && (can_write || opened.error().code != ErrorCode::kInternal)) return opened;
    if (can_write) return Done{};
    const EngineAccess::Lease engine(*access_);
    const auto newest = local::NewestPosition(*engine);
    if (!newest.ok()) return newest.error();
    newest_read_ = *newest;
    return Done{};
  }

  const LocalStoreOptions options_;
  const Clock& clock_;
  const Log& log_;
  LocalStoreStatistics statistics_;
  DamageRecord damage_;
  std::unique_ptr<ReadLock> read_lock_;  // if the store is open for reading
  bool had_no_anchor_ = false;
  std::unique_ptr<AnchorFile> anchor_;  // null if the store is open for reading, like the writer
  std::unique_ptr<EngineAccess> access_;
  std::optional<Reader> reader_;
  std::optional<FeedTable> feed_;
  std::uint64_t newest_read_ = 0;  // the newest position, if the store is open for reading
  boost::asio::thread_pool disk_readers_;
  std::optional<GroupCommit> writer_;
  std::optional<StoreWatch> watch_;
};

}  // namespace

Result<std::unique_ptr<LocalStore>> LocalStore::Open(const LocalStoreOptions& options,
                                                     const Clock& clock, const Log& log) {
  if (auto made = MakePrivateDirectory(options.directory); !made.ok()) {
    return Error::Unavailable("cannot be written (" + made.error().message + ")");
  }
  auto store = std::make_unique<RocksStore>(options, clock, log);
  if (auto opened = store->Open(); !opened.ok()) return std::move(opened.error());
  return std::unique_ptr<LocalStore>(std::move(store));
}

Result<std::unique_ptr<LocalStore>> LocalStore::OpenForReading(const LocalStoreOptions& options,
                                                               const Clock& clock, const Log& log) {
  auto store = std::make_unique<RocksStore>(options, clock, log);
  if (auto opened = store->OpenForReading(); !opened.ok()) return std::move(opened.error());
  return std::unique_ptr<LocalStore>(std::move(store));
}

}  // namespace users::storage::local
