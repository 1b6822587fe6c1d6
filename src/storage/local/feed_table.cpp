#include "storage/local/feed_table.h"

#include <rocksdb/write_batch.h>

#include <algorithm>

#include "base/random.h"
#include "base/sha256.h"
#include "storage/local/encoding.h"

namespace users::storage::local {
namespace {

// The number of items that are read at once. It bounds the memory of one read.
constexpr std::size_t kItemsAtOnce = 64;

std::string CheckpointKey(std::string_view consumer) {
  return std::string(kCheckpointPrefix) + std::string(consumer);
}

std::optional<std::uint64_t> StoredPosition(std::string_view bytes) {
  if (bytes.size() != EncodePosition(0).size()) return std::nullopt;
  return DecodePosition(bytes);
}

}  // namespace

Status FeedTable::Open(bool can_write) {
  const EngineAccess::Lease engine(access_);
  if (!engine) return NoEngine();
  const auto read = [&](std::string_view key, std::string& value) {
    return engine->db().Get(rocksdb::ReadOptions(), engine->meta(), key, &value);
  };
  rocksdb::WriteBatch missing;  // in memory, so adding to it cannot fail
  std::string begin;
  rocksdb::Status status = read(kFeedBeginKey, begin);
  if (status.ok()) {
    const auto position = StoredPosition(begin);
    if (!position) return Failed(rocksdb::Status::Corruption("not a position"), "feed_begin");
    begin_ = *position;
  } else if (status.IsNotFound()) {
    const auto least = LeastCheckpoint();
    if (!least.ok()) return least.error();
    begin_ = least->value_or(0);
    missing.Put(engine->meta(), kFeedBeginKey, EncodePosition(begin_)).PermitUncheckedError();
  } else {
    return Failed(status, "feed_begin");
  }
  std::string identity;
  status = read(kIdentityKey, identity);
  if (status.ok()) {
    if (identity.size() != kIdentityBytes) {
      return Failed(rocksdb::Status::Corruption("not an identity"), "feed_identity");
    }
    identity_ = identity;
  } else if (status.IsNotFound()) {
    const auto random = RandomBytes<kIdentityBytes>();
    if (can_write) identity_ = AsText(random);
    missing.Put(engine->meta(), kIdentityKey, identity_).PermitUncheckedError();
  } else {
    return Failed(status, "feed_identity");
  }
  if (!can_write || missing.Count() == 0) return Done{};
  const rocksdb::Status written = engine->Write(missing);
  if (!written.ok()) return Failed(written, "feed_begin");
  return Done{};
}

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
  rocksdb::WriteBatch batch;
  batch.Put(engine->meta(), CheckpointKey(consumer), EncodePosition(position))
      .PermitUncheckedError();
  const rocksdb::Status status = engine->Write(batch);
  if (!status.ok()) return Failed(status, "save_checkpoint");
  return Done{};
}

Result<std::optional<std::uint64_t>> FeedTable::LeastCheckpoint() const {
  const EngineAccess::Lease engine(access_);
  if (!engine) return NoEngine();
  std::optional<std::uint64_t> least;
  const std::unique_ptr<rocksdb::Iterator> it(
      engine->db().NewIterator(rocksdb::ReadOptions(), engine->meta()));
  for (it->Seek(kCheckpointPrefix); it->Valid() && it->key().starts_with(kCheckpointPrefix);
       it->Next()) {
    const std::uint64_t position = DecodePosition(it->value().ToStringView());
    least = std::min(least.value_or(position), position);
  }
  if (!it->status().ok()) return Failed(it->status(), "checkpoints");
  return least;
}

Status FeedTable::Remove(std::uint64_t up_to) {
  const EngineAccess::Lease engine(access_);
  if (!engine) return NoEngine();
  if (up_to <= begin_) return Done{};
  rocksdb::WriteBatch batch;
  batch.Put(engine->meta(), kFeedBeginKey, EncodePosition(up_to)).PermitUncheckedError();
  batch.DeleteRange(engine->feed(), EncodePosition(begin_ + 1), EncodePosition(up_to + 1))
      .PermitUncheckedError();
  const rocksdb::Status status = engine->Write(batch);
  if (!status.ok()) return Failed(status, "remove");
  begin_ = up_to;
  return Done{};
}

Result<std::vector<FeedRecord>> FeedTable::Read(std::uint64_t after, std::size_t limit) const {
  FeedRange range;
  range.position = after;
  range.limit = limit;
  return *ReadRange(range, rocksdb::ReadOptions());
}

std::optional<Result<std::vector<FeedRecord>>> FeedTable::ReadRange(
    const FeedRange& range, rocksdb::ReadOptions options) const {
  const EngineAccess::Lease engine(access_);
  if (!engine) return NoEngine();
  // Records are removed by range deletions. Checking those would make reads slower with each
  // removal. Reading nothing before the begin makes it unnecessary.
  options.ignore_range_deletions = true;
  const std::uint64_t begin = begin_;
  const std::unique_ptr<rocksdb::Iterator> it(engine->db().NewIterator(options, engine->feed()));
  if (range.backward) {
    const std::uint64_t last = std::min(range.newest, range.position - 1);
    if (range.position == 0 || last <= begin) return Records();
    it->SeekForPrev(EncodePosition(last));
  } else {
    const std::uint64_t after = std::max(range.position, begin);
    if (after >= range.newest) return Records();
    it->Seek(EncodePosition(after + 1));
  }
  Records records;
  std::size_t bytes = 0;
  std::vector<Pointer> pointers;
  while (records.size() < range.limit && bytes < range.max_bytes) {
    const std::size_t count = std::min(range.limit - records.size(), kItemsAtOnce);
    pointers.clear();
    while (it->Valid() && pointers.size() < count) {
      const std::uint64_t position = DecodePosition(it->key().ToStringView());
      if (position <= begin || position > range.newest) break;
      pointers.push_back(Pointer{position, it->value().ToString()});
      range.backward ? it->Prev() : it->Next();
    }
    if (it->status().IsTimedOut()) return std::nullopt;
    if (!it->status().ok()) return Failed(it->status(), "feed");
    if (pointers.empty()) break;
    const std::size_t known = records.size();
    const std::optional<Status> resolved = Resolve(*engine, pointers, options, records);
    if (!resolved) return std::nullopt;
    if (!resolved->ok()) return resolved->error();
    for (std::size_t i = known; i < records.size() && bytes < range.max_bytes; ++i) {
      bytes += records[i].item.encoded().size();
      if (bytes >= range.max_bytes) records.resize(i + 1);
    }
  }
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
    if (key == kFeedBeginKey || key == kIdentityKey) return;  // read by Open
    StoredCheckpoint checkpoint{std::string(key), std::nullopt};
    if (key.starts_with(kCheckpointPrefix)) {
      checkpoint.consumer.erase(0, kCheckpointPrefix.size());
      checkpoint.position = StoredPosition(value);
    }
    visit(checkpoint);
  };
  return ScanForOperator(*engine, engine->meta(), visit_entry, skip, "checkpoints");
}

std::optional<Status> FeedTable::Resolve(Engine& engine, const std::vector<Pointer>& pointers,
                                         const rocksdb::ReadOptions& options,
                                         Records& records) const {
  std::vector<rocksdb::Slice> keys;
  keys.reserve(pointers.size());
  for (const Pointer& pointer : pointers) keys.emplace_back(pointer.key);
  std::vector<rocksdb::PinnableSlice> values(keys.size());
  std::vector<rocksdb::Status> statuses(keys.size());
  engine.db().MultiGet(options, engine.family(Table::kUsers), keys.size(), keys.data(),
                       values.data(), statuses.data());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (statuses[i].IsTimedOut()) return std::nullopt;
    if (statuses[i].IsNotFound()) {
      access_.damage().Report("", "lacks an item that the change feed refers to");
    }
    if (!statuses[i].ok()) return Failed(statuses[i], "feed_item");
    const auto key = DecodeKey(pointers[i].key);
    auto item = Item::FromEncoded(values[i].ToString());
    if (!key || !item) return Failed(rocksdb::Status::Corruption("not an item"), "feed_item");
    FeedRecord record;
    record.position = pointers[i].position;
    record.partition = key->partition;
    record.sort = key->sort;
    record.item = std::move(*item);
    records.push_back(std::move(record));
  }
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
