#include "storage/local/local_store.h"

#include <rocksdb/utilities/checkpoint.h>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <charconv>
#include <filesystem>

#include "base/blocking.h"
#include "base/files.h"
#include "storage/local/encoding.h"
#include "storage/local/engine_access.h"
#include "storage/local/feed_table.h"
#include "storage/local/group_commit.h"
#include "storage/local/page_cache_file_system.h"
#include "storage/local/reader.h"
#include "storage/local/store_lock.h"

namespace users::storage::local {
namespace {

constexpr std::string_view kFormatName = "usersd-store ";

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

Status CheckFormat(const std::string& directory) {
  const std::string path = directory + "/FORMAT";
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return WriteFileAtomically(path, std::string(kFormatName) + std::to_string(kStoreFormat) + "\n",
                               0600);
  }
  const auto content = ReadFile(path, 256);
  if (!content.ok()) return content.error();
  int format = 0;
  std::string_view number = *content;
  if (number.starts_with(kFormatName)) {
    number.remove_prefix(kFormatName.size());
    std::from_chars(number.data(), number.data() + number.size(), format);
  }
  if (format == kStoreFormat) return Done{};
  if (format < 1) return Error::Unavailable("holds a file FORMAT that is not of a usersd store");
  return Error::Unavailable("was written by a newer usersd (store format " +
                            std::to_string(format) + ", this program knows " +
                            std::to_string(kStoreFormat) + "): use that program or a newer one");
}

class RocksStore final : public LocalStore {
 public:
  RocksStore(const LocalStoreOptions& options, const Clock& clock, const Log& log)
      : options_(options),
        clock_(clock),
        log_(log),
        damage_(statistics_, log),
        disk_readers_(options.read_threads) {}

  Status Open() {
    rocksdb::Env* const env = options_.env != nullptr ? options_.env : rocksdb::Env::Default();
    const bool exists = env->FileExists(options_.directory + "/db/CURRENT").ok();
    const auto mode = exists ? Engine::Mode::kReadWrite : Engine::Mode::kCreate;
    auto access = EngineAccess::Open(mode, options_, clock_, log_, damage_);
    if (!access.ok()) return std::move(access.error());
    Use(std::move(*access));
    const auto last_position = feed_->LastPosition();
    if (!last_position.ok()) return last_position.error();
    writer_.emplace(*access_, *feed_, options_, *last_position, statistics_, log_);
    return Done{};
  }

  Status OpenForReading() {
    auto lock = ReadLock::Take(options_.directory);
    if (!lock.ok()) return std::move(lock.error());
    read_lock_ = std::move(*lock);
    auto access = EngineAccess::Open(Engine::Mode::kReadOnly, options_, clock_, log_, damage_);
    if (!access.ok()) return std::move(access.error());
    Use(std::move(*access));
    statistics_.writable = false;
    return Done{};
  }

  ~RocksStore() override { disk_readers_.join(); }

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

  Task<Result<Page>> Query(QueryRange range, Deadline) override {
    return FromMemoryOrDisk<Page>(
        [this, range = std::move(range)](auto& options) { return reader_->Query(range, options); });
  }

  Result<std::uint64_t> Checkpoint(std::string_view consumer) override {
    return feed_->Checkpoint(consumer);
  }
  Status SaveCheckpoint(std::string_view consumer, std::uint64_t position) override {
    return feed_->SaveCheckpoint(consumer, position);
  }
  Result<std::vector<FeedRecord>> Read(std::uint64_t after, std::size_t limit) override {
    return feed_->Read(after, limit);
  }
  void Wait(std::uint64_t after, std::chrono::milliseconds at_most) override {
    if (writer_) writer_->WaitForPosition(after, at_most);
  }
  void Interrupt() override {
    if (writer_) writer_->InterruptWaits();
  }

  Result<std::optional<std::string>> GreatestPartition(std::string_view prefix,
                                                       std::size_t size) override {
    const EngineAccess::Use engine(*access_);
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

  Status ForEachItem(Table table,
                     const std::function<void(const Key&, const Item*)>& visit) override {
    return reader_->ForEachItem(table, visit);
  }

  Status ForEachFeedRecord(const std::function<void(const StoredFeedRecord&)>& visit) override {
    return feed_->ForEachRecord(visit);
  }
  Status ForEachCheckpoint(const std::function<void(const StoredCheckpoint&)>& visit) override {
    return feed_->ForEachStoredCheckpoint(visit);
  }

  Status VerifyFiles() override {
    const EngineAccess::Use engine(*access_);
    if (!engine) return NoEngine();
    // Files that an earlier version of this program wrote have checksums of their blocks alone.
    rocksdb::Status status = engine->db().VerifyFileChecksums(rocksdb::ReadOptions());
    if (status.ok()) status = engine->db().VerifyChecksum();
    if (status.ok()) return Done{};
    log_.Error("store_read_failed").Text("doing", "verify").Text("reason", status.ToString());
    return Error::Of(ToError(status).code, status.ToString());
  }

  Status LinkFilesTo(const std::string& directory) override {
    const EngineAccess::Use engine(*access_);
    if (!engine) return NoEngine();
    // RocksDB would write memtables out here, although the database is open only for reading.
    if (!writer_) return Error::Unavailable("is open only for reading");
    rocksdb::Checkpoint* made = nullptr;
    rocksdb::Status status = rocksdb::Checkpoint::Create(&engine->db(), &made);
    const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
    if (status.ok()) status = checkpoint->CreateCheckpoint(directory);
    if (status.ok()) return Done{};
    log_.Error("store_link_failed").Text("reason", status.ToString());
    return Error::Unavailable(status.ToString());
  }

  const LocalStoreStatistics& statistics() const override { return statistics_; }
  std::optional<std::string> damage() const override { return damage_.text(); }

 private:
  // Answers from memory at once, ours or the kernel's; only what would wait for the disk goes to a
  // thread that may, so that one cold read never stalls the other requests of a core.
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

  void Use(std::unique_ptr<EngineAccess> access) {
    access_ = std::move(access);
    reader_.emplace(*access_, log_);
    feed_.emplace(*access_, log_);
  }

  const LocalStoreOptions options_;
  const Clock& clock_;
  const Log& log_;
  LocalStoreStatistics statistics_;
  DamageRecord damage_;
  std::unique_ptr<ReadLock> read_lock_;  // of a store that is open for reading
  std::unique_ptr<EngineAccess> access_;
  std::optional<Reader> reader_;
  std::optional<FeedTable> feed_;
  boost::asio::thread_pool disk_readers_;
  std::optional<GroupCommit> writer_;  // not of a store that is open for reading
};

}  // namespace

Result<std::unique_ptr<LocalStore>> LocalStore::Open(const LocalStoreOptions& options,
                                                     const Clock& clock, const Log& log) {
  if (auto made = MakePrivateDirectory(options.directory); !made.ok()) {
    return Error::Unavailable("cannot be written (" + made.error().message + ")");
  }
  if (auto checked = CheckFormat(options.directory); !checked.ok()) return checked.error();
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
