#include "storage/local/start_check.h"

#include <rocksdb/sst_file_reader.h>

#include <algorithm>
#include <map>
#include <vector>

#include "base/text/text.h"
#include "storage/local/damage.h"
#include "storage/local/encoding.h"
#include "storage/local/feed_table.h"

namespace users::storage::local {
namespace {

constexpr std::string_view kManifest = "MANIFEST-";

Error CannotRead(const std::string& file, const rocksdb::Status& status) {
  return Error::Unavailable("cannot be opened (" + file + ": " + status.ToString() + ")");
}

// Reads the number from the content of CURRENT: "MANIFEST-000005\n".
std::optional<std::uint64_t> ManifestNumber(std::string_view current) {
  if (!current.starts_with(kManifest) || !current.ends_with('\n')) return std::nullopt;
  current.remove_prefix(kManifest.size());
  current.remove_suffix(1);
  return ParseNumber<std::uint64_t>(current);
}

using MaybeDamage = std::optional<FoundDamage>;

MaybeDamage Damaged(std::string file, std::string reason) {
  return FoundDamage{std::move(file), std::move(reason)};
}

// Returns where the records of a RocksDB log end. A log consists of blocks. Each record has a
// header with its length and its type; no record has type zero.
std::size_t EndOfRecords(std::string_view log) {
  constexpr std::size_t kBlockBytes = 32 << 10;
  constexpr std::size_t kHeaderBytes = 7;
  std::size_t at = 0;
  while (at + kHeaderBytes <= log.size()) {
    const std::size_t left = kBlockBytes - at % kBlockBytes;
    if (left < kHeaderBytes) {
      at += left;
      continue;
    }
    const std::size_t length = static_cast<unsigned char>(log[at + 4]) |
                               static_cast<std::size_t>(static_cast<unsigned char>(log[at + 5]))
                                   << 8;
    if (log[at + 6] == 0 || at + kHeaderBytes + length > log.size()) break;
    at += kHeaderBytes + length;
  }
  return at;
}

// Returns the first table file that cannot be opened; empty if all can.
std::string TableThatCannotBeOpened(rocksdb::Env& env, const std::string& directory) {
  std::vector<std::string> names;
  if (!env.GetChildren(directory + "/db", &names).ok()) return "";
  std::sort(names.begin(), names.end());
  rocksdb::Options options;
  options.env = &env;
  for (const std::string& name : names) {
    if (!name.ends_with(".sst")) continue;
    rocksdb::SstFileReader reader(options);
    if (!reader.Open(directory + "/db/" + name).ok()) return "db/" + name;
  }
  return "";
}

// Compares CURRENT and the MANIFEST with the anchor. RocksDB opens a MANIFEST that was cut short at
// a record as an older database.
Result<MaybeDamage> CompareManifest(rocksdb::Env& env, const std::string& directory,
                                    const Anchor& anchor) {
  std::string current;
  const rocksdb::Status read = rocksdb::ReadFileToString(&env, directory + "/db/CURRENT", &current);
  if (IsDamage(read)) return Damaged("db/CURRENT", "is missing");
  if (!read.ok()) return CannotRead("db/CURRENT", read);
  const auto number = ManifestNumber(current);
  if (!number) return Damaged("db/CURRENT", "does not name a MANIFEST");
  current.pop_back();
  const std::string file = "db/" + current;
  std::uint64_t size = 0;
  const rocksdb::Status sized = env.GetFileSize(directory + "/" + file, &size);
  if (IsDamage(sized)) return Damaged(file, "is missing, and db/CURRENT names it");
  if (!sized.ok()) return CannotRead(file, sized);
  if (*number < anchor.manifest_number) {
    return Damaged("db/CURRENT", "names " + current + ", which is older than the newest MANIFEST");
  }
  if (*number != anchor.manifest_number) return MaybeDamage();
  if (size < anchor.manifest_bytes) {
    return Damaged(file, "was cut short: it has " + std::to_string(size) + " bytes of at least " +
                             std::to_string(anchor.manifest_bytes));
  }
  std::string content;
  const rocksdb::Status whole = rocksdb::ReadFileToString(&env, directory + "/" + file, &content);
  if (!whole.ok()) return CannotRead(file, whole);
  const std::size_t end = EndOfRecords(content);
  if (end < anchor.manifest_bytes) {
    return Damaged(file, "is damaged: at byte " + std::to_string(end) + " is no record");
  }
  return MaybeDamage();
}

// Returns the write-ahead logs of a database by number, without the empty ones.
Result<std::map<std::uint64_t, std::string>> Logs(rocksdb::Env& env, const std::string& directory) {
  std::vector<std::string> names;
  const rocksdb::Status listed = env.GetChildren(directory + "/db", &names);
  if (!listed.ok()) return CannotRead("db", listed);
  std::map<std::uint64_t, std::string> logs;
  for (const std::string& name : names) {
    if (!name.ends_with(".log")) continue;
    const auto number =
        ParseNumber<std::uint64_t>(std::string_view(name).substr(0, name.size() - 4));
    std::uint64_t size = 0;
    const bool has_bytes = env.GetFileSize(directory + "/db/" + name, &size).ok() && size > 0;
    if (number && has_bytes) logs[*number] = "db/" + name;
  }
  return logs;
}

// RocksDB treats a log full of zeros as empty. If the replay stopped early for another reason, the
// comparison with the anchor shows it.
Result<MaybeDamage> CompareLogs(Engine& engine, rocksdb::Env& env, const std::string& directory) {
  const WalOrder& order = engine.wal_order();
  if (const auto& gap = order.gap()) return Damaged(gap->file, gap->reason);
  auto logs = Logs(env, directory);
  if (!logs.ok()) return std::move(logs.error());
  // A family without unflushed items needs no log, although the MANIFEST still has an old number
  // for it. A power loss may bring back a log that was removed.
  std::uint64_t oldest_needed = order.oldest_needed();
  std::uint64_t kept = 0;
  if (engine.db().GetIntProperty(rocksdb::DB::Properties::kMinLogNumberToKeep, &kept)) {
    oldest_needed = std::max(oldest_needed, kept);
  }
  std::erase_if(*logs, [&](const auto& log) { return log.first < oldest_needed; });
  if (logs->size() < 2 || order.first_file().empty()) return MaybeDamage();
  const std::string& oldest = logs->begin()->second;
  if (oldest == order.first_file()) return MaybeDamage();
  return Damaged(oldest, "has no record");
}

// Returns the file to name if the newest writes are missing.
std::string FileOfMissingWrites(const Engine& engine, rocksdb::Env& env,
                                const std::string& directory, const Anchor& anchor) {
  if (auto file = FileNamedIn(engine.first_complaint()); !file.empty()) return file;
  std::string number = std::to_string(anchor.wal_number);
  number.insert(0, 6 - std::min<std::size_t>(number.size(), 6), '0');
  const std::string hinted = "db/" + number + ".log";
  const rocksdb::Status exists = env.FileExists(directory + "/" + hinted);
  if (exists.IsNotFound() || IsDamage(exists)) return hinted;
  // The newest log, which may be empty.
  std::vector<std::string> names;
  env.GetChildren(directory + "/db", &names).PermitUncheckedError();
  std::string newest = hinted;
  for (const std::string& name : names) {
    if (name.ends_with(".log")) newest = std::max(newest, "db/" + name);
  }
  return newest;
}

// Compares the content of the database with the anchor.
Result<MaybeDamage> CompareContent(Engine& engine, rocksdb::Env& env, const std::string& directory,
                                   const Anchor& anchor, std::uint64_t position) {
  const std::uint64_t sequence = engine.db().GetLatestSequenceNumber();
  if (sequence < anchor.sequence) {
    const std::uint64_t missing = anchor.position > position ? anchor.position - position : 0;
    return Damaged(FileOfMissingWrites(engine, env, directory, anchor),
                   "is damaged, cut short or missing: the store lacks its newest writes (" +
                       std::to_string(missing) + " acknowledged changes of users)");
  }
  if (position < anchor.position) {
    return Damaged("db", "was changed: the change feed ends at " + std::to_string(position) +
                             ", and it had reached " + std::to_string(anchor.position));
  }
  if (anchor.newest_key.empty()) return MaybeDamage();
  std::string value;
  const rocksdb::Status status = engine.db().Get(
      rocksdb::ReadOptions(), engine.family(Table::kUsers), anchor.newest_key, &value);
  if (IsDamage(status)) return Damaged(FileNamedIn(status.ToString()), status.ToString());
  if (!status.ok() && !status.IsNotFound()) return CannotRead("db", status);
  if (status.ok() && Sha256(value) == anchor.newest_digest) return MaybeDamage();
  return Damaged("db", std::string("belongs to another ANCHOR, or was changed: change number ") +
                           std::to_string(anchor.position) +
                           (status.ok() ? " is not the one that was written" : " is missing"));
}

}  // namespace

Result<std::uint64_t> NewestPosition(Engine& engine) {
  std::uint64_t last = 0;
  const std::unique_ptr<rocksdb::Iterator> feed(
      engine.db().NewIterator(rocksdb::ReadOptions(), engine.feed()));
  feed->SeekToLast();
  if (feed->Valid()) last = DecodePosition(feed->key().ToStringView());
  if (!feed->status().ok())
    return Error::Of(ToError(feed->status()).code, feed->status().ToString());
  // The retention may have removed every record.
  std::string begin;
  const rocksdb::Status found =
      engine.db().Get(rocksdb::ReadOptions(), engine.meta(), kFeedBeginKey, &begin);
  if (found.ok()) last = std::max(last, DecodePosition(begin));
  if (!found.ok() && !found.IsNotFound()) {
    return Error::Of(ToError(found).code, found.ToString());
  }
  const std::unique_ptr<rocksdb::Iterator> meta(
      engine.db().NewIterator(rocksdb::ReadOptions(), engine.meta()));
  for (meta->Seek(kCheckpointPrefix); meta->Valid() && meta->key().starts_with(kCheckpointPrefix);
       meta->Next()) {
    last = std::max(last, DecodePosition(meta->value().ToStringView()));
  }
  if (!meta->status().ok())
    return Error::Of(ToError(meta->status()).code, meta->status().ToString());
  return last;
}

Result<Inspection> InspectDatabase(const LocalStoreOptions& options,
                                   const std::optional<Anchor>& anchor, const Clock& clock,
                                   const Log& log, DamageRecord& damage) {
  rocksdb::Env& env = EnvOf(options);
  Inspection looked;
  auto compared = CompareManifest(env, options.directory, anchor.value_or(Anchor()));
  if (!compared.ok()) return std::move(compared.error());
  looked.damage = std::move(*compared);

  auto opened = Engine::Open(Engine::Mode::kReadOnly, options, clock, log, damage);
  if (!opened.ok() && opened.error().code != ErrorCode::kInternal) return std::move(opened.error());
  if (!opened.ok()) {
    if (!looked.damage) {
      std::string file = FileNamedIn(opened.error().message);
      // RocksDB names the MANIFEST if it cannot open a table.
      if (file.empty() || file.starts_with("db/MANIFEST")) {
        if (auto table = TableThatCannotBeOpened(env, options.directory); !table.empty()) {
          file = std::move(table);
        }
      }
      looked.damage = Damaged(file.empty() ? "db" : file, opened.error().message);
    }
    return looked;
  }
  looked.engine = std::move(*opened);
  Engine& engine = *looked.engine;
  const auto position = NewestPosition(engine);
  if (!position.ok()) {
    if (position.error().code != ErrorCode::kInternal) return position.error();
    if (!looked.damage) {
      const std::string file = FileNamedIn(position.error().message);
      looked.damage = Damaged(file.empty() ? "db" : file, position.error().message);
    }
    return looked;
  }
  looked.position = *position;
  if (looked.damage) return looked;
  auto logs = CompareLogs(engine, env, options.directory);
  if (!logs.ok()) return std::move(logs.error());
  looked.damage = std::move(*logs);
  if (looked.damage || !anchor) return looked;
  auto content = CompareContent(engine, env, options.directory, *anchor, *position);
  if (!content.ok()) return std::move(content.error());
  looked.damage = std::move(*content);
  return looked;
}

Status AddManifest(rocksdb::Env& env, const std::string& database, Anchor& anchor) {
  std::string current;
  rocksdb::Status status = rocksdb::ReadFileToString(&env, database + "/CURRENT", &current);
  if (!status.ok()) return CannotRead("CURRENT", status);
  const auto number = ManifestNumber(current);
  if (!number) return Error::Unavailable("CURRENT does not name a MANIFEST");
  current.pop_back();
  status = env.GetFileSize(database + "/" + current, &anchor.manifest_bytes);
  if (!status.ok()) return CannotRead(current, status);
  anchor.manifest_number = *number;
  return Done{};
}

Result<Anchor> AnchorOf(Engine& engine, const Anchor& before) {
  Anchor anchor;
  anchor.generation = before.generation;
  anchor.sequence = engine.db().GetLatestSequenceNumber();
  const auto position = NewestPosition(engine);
  if (!position.ok()) return position.error();
  anchor.position = *position;
  const EngineFiles files = engine.Files(Engine::Tables::kLeftOut);
  anchor.manifest_number = files.manifest_number;
  anchor.manifest_bytes = files.manifest_bytes;
  anchor.wal_number = files.wal_number;

  // The retention may have removed the record of the newest change.
  std::string pointer;
  const rocksdb::Status found = engine.db().Get(rocksdb::ReadOptions(), engine.feed(),
                                                EncodePosition(anchor.position), &pointer);
  if (found.IsNotFound() && before.position == anchor.position) pointer = before.newest_key;
  if (pointer.empty() || pointer.size() > Anchor::kMaxKeyBytes) return anchor;
  std::string value;
  const rocksdb::Status read =
      engine.db().Get(rocksdb::ReadOptions(), engine.family(Table::kUsers), pointer, &value);
  if (!read.ok()) return anchor;
  anchor.newest_key = pointer;
  anchor.newest_digest = Sha256(value);
  return anchor;
}

}  // namespace users::storage::local
