#include "storage/local/feed_table.h"

#include <rocksdb/write_batch.h>

#include <algorithm>

#include "storage/local/encoding.h"

namespace users::storage::local {
namespace {

std::string CheckpointKey(std::string_view consumer) {
  return std::string(kCheckpointPrefix) + std::string(consumer);
}

std::optional<std::uint64_t> StoredPosition(std::string_view bytes) {
  if (bytes.size() != EncodePosition(0).size()) return std::nullopt;
  return DecodePosition(bytes);
}

}  // namespace

Result<std::uint64_t> FeedTable::Checkpoint(std::string_view consumer) const {
  const EngineAccess::Lease engine(access_);
  if (!engine) return NoEngine();
  std::string value;
  const rocksdb::Status status =
      engine->db().Get(rocksdb::ReadOptions(), engine->meta(), CheckpointKey(consumer), &value);
  if (status.IsNotFound()) return std::uint64_t{0};
  if (!status.ok()) return Failed(status, "checkpoint");
  return DecodePosition(value);
}

Status FeedTable::SaveCheckpoint(std::string_view consumer, std::uint64_t position) {
  const EngineAccess::Lease engine(access_);
  if (!engine) return NoEngine();
  const std::string own = CheckpointKey(consumer);
  const auto others = MinCheckpoint(*engine, own);
  if (!others.ok()) return others.error();
  const std::uint64_t all_are_done = std::min(position, others->value_or(position));

  rocksdb::WriteBatch batch;  // in memory, so adding to it cannot fail
  batch.Put(engine->meta(), own, EncodePosition(position)).PermitUncheckedError();
  batch.DeleteRange(engine->feed(), EncodePosition(0), EncodePosition(all_are_done + 1))
      .PermitUncheckedError();
  const rocksdb::Status status = engine->Write(batch);
  if (!status.ok()) return Failed(status, "save_checkpoint");
  return Done{};
}

Result<std::vector<FeedRecord>> FeedTable::Read(std::uint64_t after, std::size_t limit) const {
  const EngineAccess::Lease engine(access_);
  if (!engine) return NoEngine();
  std::vector<FeedRecord> records;
  // Records that all consumers have passed are removed by range deletions. Checking those would
  // make reads slower with each checkpoint. Starting after the last removed record makes it
  // unnecessary.
  const auto all_are_done = MinCheckpoint(*engine, /*but=*/"");
  if (!all_are_done.ok()) return all_are_done.error();
  after = std::max(after, all_are_done->value_or(0));
  rocksdb::ReadOptions options;
  options.ignore_range_deletions = true;
  const std::unique_ptr<rocksdb::Iterator> it(engine->db().NewIterator(options, engine->feed()));
  for (it->Seek(EncodePosition(after + 1)); it->Valid() && records.size() < limit; it->Next()) {
    auto record = Resolve(*engine, it->key().ToStringView(), it->value().ToStringView());
    if (!record.ok()) return std::move(record.error());
    records.push_back(std::move(*record));
  }
  if (!it->status().ok()) return Failed(it->status(), "feed");
  return records;
}

Status FeedTable::ForEachRecord(const LocalStore::VisitFeedRecord& visit,
                                const SkipRange& skip) const {
  const EngineAccess::Lease engine(access_);
  if (!engine) return NoEngine();
  const auto visit_entry = [&](std::string_view position, std::string_view pointer) {
    StoredFeedRecord record;
    record.position = StoredPosition(position);
    if (const auto key = DecodeKey(pointer)) {
      record.key = Key(Table::kUsers, std::string(key->partition), std::string(key->sort));
    }
    visit(record);
  };
  return ScanForOperator(*engine, engine->feed(), visit_entry, skip, "feed");
}

Status FeedTable::ForEachStoredCheckpoint(const LocalStore::VisitCheckpoint& visit,
                                          const SkipRange& skip) const {
  const EngineAccess::Lease engine(access_);
  if (!engine) return NoEngine();
  const auto visit_entry = [&](std::string_view key, std::string_view value) {
    StoredCheckpoint checkpoint{std::string(key), std::nullopt};
    if (key.starts_with(kCheckpointPrefix)) {
      checkpoint.consumer.erase(0, kCheckpointPrefix.size());
      checkpoint.position = StoredPosition(value);
    }
    visit(checkpoint);
  };
  return ScanForOperator(*engine, engine->meta(), visit_entry, skip, "checkpoints");
}

Result<FeedRecord> FeedTable::Resolve(Engine& engine, std::string_view position,
                                      std::string_view pointer) const {
  std::string value;
  const rocksdb::Status status =
      engine.db().Get(rocksdb::ReadOptions(), engine.family(Table::kUsers), pointer, &value);
  if (status.IsNotFound()) {
    access_.damage().Report("", "lacks an item that the change feed refers to");
  }
  if (!status.ok()) return Failed(status, "feed_item");
  const auto key = DecodeKey(pointer);
  auto item = Item::FromEncoded(std::move(value));
  if (!key || !item) return Failed(rocksdb::Status::Corruption("not an item"), "feed_item");
  FeedRecord record;
  record.position = DecodePosition(position);
  record.partition = key->partition;
  record.sort = key->sort;
  record.item = std::move(*item);
  return record;
}

Result<std::optional<std::uint64_t>> FeedTable::MinCheckpoint(Engine& engine,
                                                              std::string_view but) const {
  std::optional<std::uint64_t> least;
  auto visited = ForEachCheckpoint(engine, [&](std::string_view key, std::uint64_t position) {
    if (key != but) least = std::min(least.value_or(position), position);
  });
  if (!visited.ok()) return std::move(visited.error());
  return least;
}

template <class Visit>
Status FeedTable::ForEachCheckpoint(Engine& engine, Visit visit) const {
  const std::unique_ptr<rocksdb::Iterator> it(
      engine.db().NewIterator(rocksdb::ReadOptions(), engine.meta()));
  for (it->Seek(kCheckpointPrefix); it->Valid() && it->key().starts_with(kCheckpointPrefix);
       it->Next()) {
    visit(it->key().ToStringView(), DecodePosition(it->value().ToStringView()));
  }
  if (!it->status().ok()) return Failed(it->status(), "checkpoints");
  return Done{};
}

Status FeedTable::ScanForOperator(Engine& engine, rocksdb::ColumnFamilyHandle* family,
                                  const VisitEntry& visit, const SkipRange& skip,
                                  std::string_view doing) const {
  rocksdb::ReadOptions options;
  rocksdb::ManagedSnapshot snapshot(&engine.db());
  options.snapshot = snapshot.snapshot();
  const auto make = [&] {
    return std::unique_ptr<rocksdb::Iterator>(engine.db().NewIterator(options, family));
  };
  const auto skip_keys = [&](const UnreadableKeys& keys) { skip(RangeWithoutKeys(keys)); };
  const rocksdb::Status status = Scan(make, visit, skip ? SkipKeys(skip_keys) : nullptr);
  if (status.ok()) return Done{};
  return Error::Of(Failed(status, doing).code, status.ToString());
}

Error FeedTable::Failed(const rocksdb::Status& status, std::string_view doing) const {
  log_.Error("store_read_failed").Text("doing", doing).Text("reason", status.ToString());
  access_.damage().ReportIfDamage(status);
  return ToError(status);
}

}  // namespace users::storage::local
