#include "storage/local/reader.h"

#include <algorithm>

#include "storage/local/encoding.h"
#include "storage/local/scan.h"

namespace users::storage::local {
namespace {

// The first key after the part of a partition that a range covers.
std::string EndOf(const QueryRange& range, const std::string& partition) {
  if (range.last.empty()) return PartitionEnd(partition);
  std::string end = EncodeKey(partition, range.last);
  end.push_back('\0');
  return end;
}

// The position of a merge in one partition.
class Cursor {
 public:
  Cursor(Engine& engine, const QueryRange& range, const std::string& partition,
         rocksdb::ReadOptions options)
      : prefix_size_(PartitionPrefix(partition).size()),
        end_(std::make_unique<End>(EndOf(range, partition))) {
    options.iterate_upper_bound = &end_->slice;
    it_.reset(engine.db().NewIterator(options, engine.family(range.table)));
    it_->Seek(EncodeKey(partition, range.after));
    if (!range.after.empty() && valid() && sort() == range.after) it_->Next();
  }

  bool valid() const { return it_->Valid(); }
  rocksdb::Status status() const { return it_->status(); }
  std::string_view sort() const { return it_->key().ToStringView().substr(prefix_size_); }
  std::string value() const { return it_->value().ToString(); }
  void Next() { it_->Next(); }

 private:
  // RocksDB keeps the address of the slice.
  struct End {
    explicit End(std::string text) : key(std::move(text)), slice(key) {}
    std::string key;
    rocksdb::Slice slice;
  };
  std::size_t prefix_size_;
  std::unique_ptr<End> end_;
  std::unique_ptr<rocksdb::Iterator> it_;
};

// Bytes that are not a key of this store are shown as a partition key.
Key KeyOf(Table table, std::string_view bytes) {
  const auto key = DecodeKey(bytes);
  return key ? Key(table, std::string(key->partition), std::string(key->sort))
             : Key(table, std::string(bytes));
}

// Returns nothing if the partition begins with one of the prefixes. Otherwise returns where the next
// partition that does so may be. Keys are in the order of their partitions' lengths first.
std::optional<std::string> NextStart(const std::vector<std::string>& prefixes,
                                     std::string_view partition) {
  std::optional<std::string> start;
  const auto consider = [&](std::string candidate) {
    if (!start || candidate < *start) start = std::move(candidate);
  };
  for (const std::string& prefix : prefixes) {
    if (partition.starts_with(prefix)) return std::nullopt;
    const bool is_ahead = partition.size() >= prefix.size() && partition < prefix;
    consider(StartOfPartitions(
        prefix, is_ahead ? partition.size() : std::max(partition.size() + 1, prefix.size())));
  }
  return start;
}

}  // namespace

std::optional<Result<Items>> Reader::Get(const std::vector<Key>& keys,
                                         rocksdb::ReadOptions options) const {
  const EngineAccess::Lease engine(access_);
  if (!engine) return NoEngine();
  std::unique_ptr<rocksdb::ManagedSnapshot> snapshot;
  if (keys.size() > 1) {
    snapshot = std::make_unique<rocksdb::ManagedSnapshot>(&engine->db());
    options.snapshot = snapshot->snapshot();
  }
  Items items(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    std::string value;
    const rocksdb::Status status = engine->db().Get(
        options, engine->family(keys[i].table), EncodeKey(keys[i].partition, keys[i].sort), &value);
    if (status.IsNotFound()) continue;
    if (status.IsTimedOut()) return std::nullopt;
    if (!status.ok()) return Failed(status, "get");
    items[i] = Item::FromEncoded(std::move(value));
    if (!items[i]) return Broken("get");
  }
  return items;
}

std::optional<Result<Page>> Reader::Query(const QueryRange& range,
                                          rocksdb::ReadOptions options) const {
  const EngineAccess::Lease engine(access_);
  if (!engine) return NoEngine();
  rocksdb::ManagedSnapshot snapshot(&engine->db());
  options.snapshot = snapshot.snapshot();
  std::vector<Cursor> cursors;
  cursors.reserve(range.partitions.size());
  for (const std::string& partition : range.partitions) {
    cursors.emplace_back(*engine, range, partition, options);
  }

  Page page;
  std::size_t bytes = 0;
  while (true) {
    Cursor* least = nullptr;
    for (Cursor& cursor : cursors) {
      const rocksdb::Status status = cursor.status();
      if (status.IsTimedOut()) return std::nullopt;
      if (!status.ok()) return Failed(status, "query");
      if (cursor.valid() && (least == nullptr || cursor.sort() < least->sort())) least = &cursor;
    }
    if (least == nullptr) return page;
    if (page.rows.size() == range.limit || bytes >= kMaxPageBytes) {
      page.more = true;
      return page;
    }
    std::optional<Item> item = Item::FromEncoded(least->value());
    if (!item) return Broken("query");
    bytes += least->sort().size() + item->SizeInBytes();
    page.rows.push_back(Row{std::string(least->sort()), std::move(*item)});
    least->Next();
  }
}

std::optional<Result<ScanPage>> Reader::Scan(const ScanRange& range,
                                             rocksdb::ReadOptions options) const {
  const EngineAccess::Lease engine(access_);
  if (!engine) return NoEngine();
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> it(
      engine->db().NewIterator(options, engine->family(range.table)));
  if (range.after) {
    const std::string after = EncodeKey(range.after->partition, range.after->sort);
    it->Seek(after);
    if (it->Valid() && it->key() == after) it->Next();
  } else {
    it->SeekToFirst();
  }
  ScanPage page;
  std::size_t bytes = 0;
  while (it->Valid()) {
    const auto key = DecodeKey(it->key().ToStringView());
    if (!key) return Broken("scan");
    const std::optional<std::string> next = NextStart(range.prefixes, key->partition);
    if (next) {
      it->Seek(*next);
      continue;
    }
    std::optional<Item> item = Item::FromEncoded(it->value().ToString());
    if (!item) return Broken("scan");
    bytes += it->key().size() + item->SizeInBytes();
    page.items.emplace_back(Key(range.table, std::string(key->partition), std::string(key->sort)),
                            std::move(*item));
    if (bytes >= kMaxPageBytes) {
      page.continue_after = page.items.back().first;
      return page;
    }
    it->Next();
  }
  if (it->status().IsTimedOut()) return std::nullopt;
  if (!it->status().ok()) return Failed(it->status(), "scan");
  return page;
}

Status Reader::ForEachItem(Table table, const LocalStore::VisitItem& visit,
                           const SkipRange& skip) const {
  const EngineAccess::Lease engine(access_);
  if (!engine) return NoEngine();
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  rocksdb::ManagedSnapshot snapshot(&engine->db());
  options.snapshot = snapshot.snapshot();
  const auto make = [&] {
    return std::unique_ptr<rocksdb::Iterator>(
        engine->db().NewIterator(options, engine->family(table)));
  };
  const auto visit_entry = [&](std::string_view key, std::string_view value) {
    const auto item = Item::FromEncoded(std::string(value));
    visit(KeyOf(table, key), item && DecodeKey(key) ? &*item : nullptr);
  };
  const auto skip_keys = [&](const UnreadableKeys& keys) {
    UnreadableRange range = RangeWithoutKeys(keys);
    if (!keys.after.empty()) range.after = KeyOf(table, keys.after);
    if (!keys.until.empty()) range.until = KeyOf(table, keys.until);
    skip(range);
  };
  const rocksdb::Status status =
      local::Scan(make, visit_entry, skip ? SkipKeys(skip_keys) : nullptr);
  if (status.ok()) return Done{};
  return Error::Of(Failed(status, "for_each_item").code, status.ToString());
}

Error Reader::Failed(const rocksdb::Status& status, std::string_view doing) const {
  log_.Error("store_read_failed").Text("doing", doing).Text("reason", status.ToString());
  access_.damage().ReportIfDamage(status);
  return ToError(status);
}

Error Reader::Broken(std::string_view doing) const {
  log_.Error("store_item_broken").Text("doing", doing);
  access_.damage().Report("", "holds an item that cannot be decoded");
  return Error::Internal();
}

}  // namespace users::storage::local
