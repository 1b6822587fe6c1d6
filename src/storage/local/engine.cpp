#include "storage/local/engine.h"

#include <rocksdb/cache.h>
#include <rocksdb/file_checksum.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include <vector>

#include "base/text/text.h"
#include "storage/local/damage.h"
#include "storage/local/expiry_filter.h"
#include "storage/local/page_cache_file_system.h"
#include "storage/local/store_lock.h"

namespace users::storage::local {
namespace {

constexpr std::uint64_t kDaySeconds = 24 * 60 * 60;
constexpr int kCacheShardBits = 4;

rocksdb::DBOptions DatabaseOptions(const LocalStoreOptions& options,
                                   const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::DBOptions db;
  // One limit for all families, charged to the block cache, so that all memory has one bound.
  db.write_buffer_manager =
      std::make_shared<rocksdb::WriteBufferManager>(options.memtable_bytes, cache);
  // Caches whole items besides the blocks. The items that are read most often are scattered over
  // blocks, of which they are a tenth. The row cache ignores range deletions, but no item that one
  // covers is read by its key.
  db.row_cache = rocksdb::NewLRUCache(options.row_cache_bytes, kCacheShardBits);
  // The size of the log that must be replayed after a crash. It bounds the time to start.
  db.max_total_wal_size = options.memtable_bytes;
  // Records that a crash left in the log may never have been synced, and later changes depend on
  // them. Opening makes them durable before anyone can read them.
  db.avoid_flush_during_recovery = false;
  db.max_background_jobs = 2;
  db.bytes_per_sync = 1 << 20;
  db.max_open_files = options.max_open_tables;
  db.stats_dump_period_sec = 0;
  // A checksum of each whole file. Without it, damage to blocks that only speed up reads goes
  // unnoticed.
  db.file_checksum_gen_factory = rocksdb::GetFileChecksumGenCrc32cFactory();
  return db;
}

rocksdb::ColumnFamilyOptions FamilyOptions(const LocalStoreOptions& options,
                                           const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions family;
  family.write_buffer_size = options.memtable_bytes / 4;
  family.max_write_buffer_number = 4;
  family.level_compaction_dynamic_level_bytes = true;
  // Every few memtables are merged into the whole first level, because email addresses lie anywhere
  // in it. A small first level makes this a third cheaper. In the deeper levels most keys are in
  // order of time, so few files overlap.
  family.max_bytes_for_level_base = 64 << 20;
  family.target_file_size_base = 16 << 20;
  family.target_file_size_multiplier = 2;
  family.compression = rocksdb::kLZ4Compression;
  // Most conditions check that an item is absent.
  family.memtable_whole_key_filtering = true;
  family.memtable_prefix_bloom_size_ratio = 0.02;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  // Splits indexes and filters into parts of a block's size. Whole ones are megabytes: the cache
  // would hold few of them, and would read and unpack the others again and again.
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
  table.format_version = 5;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return family;
}

std::string OpenFailure(const rocksdb::Status& status, const std::string& complaint) {
  std::string text = status.ToString();
  if (FileNamedIn(text).empty() && !complaint.empty()) text += "; " + complaint;
  if (status.IsIOError() && text.find("lock") != std::string::npos) {
    return InUse().message;
  }
  return "cannot be opened (" + text + ")";
}

}  // namespace

rocksdb::Env& EnvOf(const LocalStoreOptions& options) {
  return options.env != nullptr ? *options.env : *rocksdb::Env::Default();
}

Error ToError(const rocksdb::Status& status) {
  if (status.IsCorruption()) return Error::Internal();
  return Error::Unavailable("The store cannot be reached or is overloaded.");
}

Result<std::unique_ptr<Engine>> Engine::Open(Mode mode, const LocalStoreOptions& options,
                                             const Clock& clock, const Log& log,
                                             DamageRecord& damage) {
  std::unique_ptr<Engine> engine(new Engine());
  engine->expiry_filter_ = MakeExpiryFilter(clock, options.ttl_attribute);
  // Each shard has at least one MB, so that an entry that is large for a shard still leaves room
  // for others.
  const auto cache = rocksdb::NewLRUCache(options.block_cache_bytes, kCacheShardBits);

  const rocksdb::ColumnFamilyOptions family = FamilyOptions(options, cache);
  rocksdb::ColumnFamilyOptions idempotency = family;
  idempotency.compaction_filter = engine->expiry_filter_.get();
  idempotency.periodic_compaction_seconds = kDaySeconds;
  const std::vector<rocksdb::ColumnFamilyDescriptor> descriptors = {
      {rocksdb::kDefaultColumnFamilyName, family},
      {"users", family},
      {"idempotency", idempotency},
      {"feed", family},
  };

  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  rocksdb::DBOptions database = DatabaseOptions(options, cache);
  database.create_if_missing = database.create_missing_column_families = mode == Mode::kCreate;
  // In a database that is open only for reading, RocksDB 7.8 does not find the rows in the row
  // cache: the second read of an item would not find it.
  if (mode == Mode::kReadOnly) database.row_cache.reset();
  // Recovery gives up missing logs.
  database.track_and_verify_wals_in_manifest = mode != Mode::kRecover;
  engine->wal_order_.ReadFilesFrom(EnvOf(options));
  database.wal_filter = &engine->wal_order_;
  engine->listener_ = std::make_shared<EngineListener>(damage);
  database.listeners.push_back(engine->listener_);
  engine->engine_log_ = std::make_shared<EngineLog>(log);
  database.info_log = engine->engine_log_;
  if (options.env == nullptr) {
    engine->own_env_ = rocksdb::NewCompositeEnv(MakePageCacheFileSystem());
  }
  database.env = options.env != nullptr ? options.env : engine->own_env_.get();
  const std::string path = options.directory + "/db";
  const rocksdb::Status status =
      mode == Mode::kReadOnly
          ? rocksdb::DB::OpenForReadOnly(database, path, descriptors, &handles, &db)
          : rocksdb::DB::Open(database, path, descriptors, &handles, &db);
  if (!status.ok()) {
    // A damaged or missing file is broken data; any other failure may be temporary. RocksDB returns
    // InvalidArgument if the MANIFEST lacks a column family.
    const bool broken = IsDamage(status) || status.IsInvalidArgument();
    return Error::Of(broken ? ErrorCode::kInternal : ErrorCode::kUnavailable,
                     OpenFailure(status, engine->first_complaint()));
  }
  engine->engine_log_->Speak();
  engine->db_.reset(db);
  engine->meta_ = handles[0];
  engine->users_ = handles[1];
  engine->idempotency_ = handles[2];
  engine->feed_ = handles[3];
  engine->failed_ = mode == Mode::kReadOnly;
  return engine;
}

EngineFiles Engine::Files(Tables tables) {
  EngineFiles files;
  std::vector<std::string> names;
  const bool flush = false;
  if (!db_->GetLiveFiles(names, &files.manifest_bytes, flush).ok()) return EngineFiles();
  for (const std::string& name : names) {
    constexpr std::string_view kManifest = "/MANIFEST-";
    if (!name.starts_with(kManifest)) continue;
    files.manifest_number =
        ParseNumber<std::uint64_t>(std::string_view(name).substr(kManifest.size())).value_or(0);
  }
  // RocksDB takes the number of the log and then looks for its file. The next log may replace it in
  // between. That does not happen three times in a row.
  for (int attempt = 0; attempt < 3; ++attempt) {
    std::unique_ptr<rocksdb::LogFile> log;
    const rocksdb::Status status = db_->GetCurrentWalFile(&log);
    files.wal_is_missing = IsDamage(status);
    if (status.ok()) {
      files.wal_number = log->LogNumber();
      files.wal_bytes = log->SizeFileBytes();
    }
    if (!files.wal_is_missing) break;
  }
  if (tables == Tables::kListed) db_->GetLiveFilesMetaData(&files.tables);
  return files;
}

rocksdb::Status Engine::Write(rocksdb::WriteBatch& batch) {
  if (failed_) return rocksdb::Status::Aborted("an earlier write failed");
  rocksdb::WriteOptions options;
  options.sync = true;
  rocksdb::Status status = db_->Write(options, &batch);
  if (!status.ok()) failed_ = true;
  return status;
}

Engine::~Engine() {
  if (db_ == nullptr) return;
  if (!failed_) {
    // Flushed now, so that the next start has nothing to replay.
    db_->Flush(rocksdb::FlushOptions(), {meta_, users_, idempotency_, feed_})
        .PermitUncheckedError();
  }
  for (rocksdb::ColumnFamilyHandle* handle : {meta_, users_, idempotency_, feed_}) {
    db_->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  }
  db_->Close().PermitUncheckedError();
}

}  // namespace users::storage::local
