#include "search/local/index_database.h"

#include <rocksdb/cache.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <filesystem>

#include "search/local/posting_merge.h"
#include "search/local/postings.h"
#include "storage/local/engine_log.h"

namespace users::search::local {
namespace {

constexpr int kCacheShardBits = 4;
constexpr std::size_t kWriteBufferBytes = 8 << 20;
constexpr int kWriteBuffers = 2;

// The part of a row's key before the user. Postings of one list are written in the order of the
// users, mostly. From the place of the last one in memory, the place of the next one is near.
class ListOfKey final : public rocksdb::SliceTransform {
 public:
  const char* Name() const override { return "users.search.list"; }
  rocksdb::Slice Transform(const rocksdb::Slice& key) const override {
    return rocksdb::Slice(key.data(), key.size() - Ulid().bytes.size());
  }
  bool InDomain(const rocksdb::Slice& key) const override {
    return key.size() > Ulid().bytes.size();
  }
};

rocksdb::Options OptionsFor(const IndexDatabaseOptions& given, const Log& log) {
  rocksdb::Options options;
  options.create_if_missing = true;
  if (given.env != nullptr) options.env = given.env;
  // RocksDB's own log file ends the process if the disk accepts no more of it.
  const auto engine_log = std::make_shared<storage::local::EngineLog>(log);
  engine_log->Speak();
  options.info_log = engine_log;
  options.max_open_files = given.max_open_tables;
  options.max_background_jobs = 2;
  options.bytes_per_sync = 1 << 20;
  options.stats_dump_period_sec = 0;
  options.level_compaction_dynamic_level_bytes = true;
  options.max_bytes_for_level_base = 32 << 20;
  options.target_file_size_base = 8 << 20;
  options.target_file_size_multiplier = 2;
  options.compression = rocksdb::kLZ4Compression;
  // One limit for all memory: the buffers are charged to the cache.
  const auto cache = rocksdb::NewLRUCache(given.cache_bytes, kCacheShardBits);
  options.write_buffer_size = kWriteBufferBytes;
  options.max_write_buffer_number = kWriteBuffers + 1;
  options.write_buffer_manager =
      std::make_shared<rocksdb::WriteBufferManager>(kWriteBuffers * kWriteBufferBytes, cache);
  options.memtable_insert_with_hint_prefix_extractor = std::make_shared<ListOfKey>();
  options.allow_concurrent_memtable_write = false;  // required by the line above
  // There are no filters. A search reads ranges, and the row of a new user is after all others, so
  // no file can contain it.
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;
  table.format_version = 5;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

// Every open creates a write-ahead log, and RocksDB removes the empty ones only after a flush.
void RemoveEmptyLogs(const std::string& directory) {
  std::error_code error;
  for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code ignored;
    if (it->path().extension() == ".log" && it->file_size(ignored) == 0) {
      std::filesystem::remove(it->path(), ignored);
    }
  }
}

Error Failed(const rocksdb::Status& status) {
  return Error::Unavailable(status.ToString());
}

}  // namespace

Result<std::unique_ptr<IndexDatabase>> IndexDatabase::Open(const IndexDatabaseOptions& options,
                                                           const Log& log) {
  RemoveEmptyLogs(options.directory);
  std::unique_ptr<IndexDatabase> database(new IndexDatabase());
  rocksdb::DB* db = nullptr;
  rocksdb::Status status = rocksdb::DB::Open(OptionsFor(options, log), options.directory, &db);
  if (!status.ok()) return Failed(status);
  database->db_.reset(db);
  status = database->ReadContent();
  if (!status.ok()) return Failed(status);
  return database;
}

rocksdb::Status IndexDatabase::ReadContent() {
  std::string row;
  const rocksdb::Status found = db_->Get(rocksdb::ReadOptions(), kStateKey, &row);
  if (!found.ok() && !found.IsNotFound()) return found;
  if (found.ok()) state_ = DecodeState(row);
  // The rows with terms are the last ones.
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(rocksdb::ReadOptions()));
  it->SeekToLast();
  if (it->Valid()) greatest_ = UserOf(it->key().ToStringView());
  return it->status();
}

IndexDatabase::~IndexDatabase() {
  if (db_ == nullptr) return;
  db_->Flush(rocksdb::FlushOptions()).PermitUncheckedError();
  db_->Close().PermitUncheckedError();
}

Status IndexDatabase::Update(const std::vector<UserTerms>& users, const IndexState& state) {
  rocksdb::WriteBatch batch;  // in memory, so adding to it cannot fail
  for (const UserTerms& user : users) {
    if (auto replaced = Replace(batch, user); !replaced.ok()) return replaced;
  }
  batch.Put(kStateKey, EncodeState(state)).PermitUncheckedError();
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  const rocksdb::Status status = db_->Write(options, &batch);
  if (!status.ok()) return Failed(status);
  state_ = state;
  return Done{};
}

Status IndexDatabase::Replace(rocksdb::WriteBatch& batch, const UserTerms& user) {
  const std::string key = TermsKey(user.user);
  std::string value;
  if (user.user <= greatest_) {
    const rocksdb::Status status = db_->Get(rocksdb::ReadOptions(), key, &value);
    if (!status.ok() && !status.IsNotFound()) return Failed(status);
  }
  greatest_ = std::max(greatest_, user.user);
  const Terms shown = ShownBy(user.terms);
  const std::string new_value = EncodeTerms(shown);
  if (value == new_value) return Done{};

  const Postings before = PostingsOf(user.user, DecodeTerms(value));
  const Postings after = PostingsOf(user.user, shown);
  for (const auto& [posting, texts] : before) {
    if (!after.contains(posting)) batch.Delete(posting).PermitUncheckedError();
  }
  for (const auto& [posting, texts] : after) {
    const auto old = before.find(posting);
    if (old == before.end() || old->second != texts) {
      batch.Put(posting, texts).PermitUncheckedError();
    }
  }
  if (shown.empty()) {
    batch.Delete(key).PermitUncheckedError();
  } else {
    batch.Put(key, new_value).PermitUncheckedError();
  }
  return Done{};
}

Status IndexDatabase::Flush() {
  const rocksdb::Status status = db_->Flush(rocksdb::FlushOptions());
  if (!status.ok()) return Failed(status);
  return Done{};
}

Result<Candidates> IndexDatabase::Find(const std::vector<std::string>& words,
                                       const std::optional<Ulid>& after, std::size_t limit) const {
  Candidates candidates;
  const rocksdb::Status status = MergePostings(*db_, words, after, limit, candidates);
  if (!status.ok()) return Failed(status);
  return candidates;
}

}  // namespace users::search::local
