#include "storage/local/start_check.h"

#include <algorithm>

#include "base/text.h"
#include "storage/local/damage.h"
#include "storage/local/encoding.h"
#include "storage/local/feed_table.h"

namespace users::storage::local {
namespace {

constexpr std::string_view kManifest = "MANIFEST-";

Error CannotRead(const std::string& file, const rocksdb::Status& status) {
  return Error::Unavailable("cannot be opened (" + file + ": " + status.ToString() + ")");
}

// The number in the content of CURRENT: "MANIFEST-000005\n".
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

// Compares CURRENT and the MANIFEST with the anchor. RocksDB opens a MANIFEST that was cut short at
// a record as an older database.
Result<MaybeDamage> CompareManifest(rocksdb::Env& env, const std::string& directory,
                                    const Anchor& anchor) {
  std::string current;
  const rocksdb::Status read =
      rocksdb::ReadFileToString(&env, directory + "/db/CURRENT", &current);
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
  if (*number == anchor.manifest_number && size < anchor.manifest_bytes) {
    return Damaged(file, "was cut short: it has " + std::to_string(size) + " bytes of at least " +
                             std::to_string(anchor.manifest_bytes));
  }
  return MaybeDamage();
}

// The file to name when the newest writes are missing.
std::string FileOfMissingWrites(const Engine& engine, rocksdb::Env& env,
                                const std::string& directory, const Anchor& anchor) {
  if (auto file = FileNamedIn(engine.first_complaint()); !file.empty()) return file;
  std::string number = std::to_string(anchor.wal_number);
  number.insert(0, 6 - std::min<std::size_t>(number.size(), 6), '0');
  const std::string hinted = "db/" + number + ".log";
  const std::string& last = engine.wal_order().last_file();
  const bool is_gone = IsDamage(env.FileExists(directory + "/" + hinted)) ||
                       env.FileExists(directory + "/" + hinted).IsNotFound();
  return is_gone || last.empty() ? hinted : last;
}

// Compares what the database holds with the anchor.
Result<MaybeDamage> CompareContent(Engine& engine, rocksdb::Env& env, const std::string& directory,
                                   const Anchor& anchor, std::uint64_t position) {
  const std::uint64_t sequence = engine.db().GetLatestSequenceNumber();
  if (sequence < anchor.sequence || position < anchor.position) {
    const std::uint64_t missing =
        anchor.position > position ? anchor.position - position : 0;
    return Damaged(FileOfMissingWrites(engine, env, directory, anchor),
                   "is damaged, cut short or missing: the store lacks its newest writes, " +
                       std::to_string(missing) + " acknowledged changes of users among them");
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
  if (!feed->status().ok()) return Error::Of(ToError(feed->status()).code, feed->status().ToString());
  const std::unique_ptr<rocksdb::Iterator> meta(
      engine.db().NewIterator(rocksdb::ReadOptions(), engine.meta()));
  for (meta->Seek(kCheckpointPrefix); meta->Valid() && meta->key().starts_with(kCheckpointPrefix);
       meta->Next()) {
    last = std::max(last, DecodePosition(meta->value().ToStringView()));
  }
  if (!meta->status().ok()) return Error::Of(ToError(meta->status()).code, meta->status().ToString());
  return last;
}

Result<LookedAt> LookAtDatabase(const LocalStoreOptions& options,
                                const std::optional<Anchor>& anchor, const Clock& clock,
                                const Log& log, DamageRecord& damage) {
  rocksdb::Env& env = EnvOf(options);
  LookedAt looked;
  auto compared = CompareManifest(env, options.directory, anchor.value_or(Anchor()));
  if (!compared.ok()) return std::move(compared.error());
  looked.damage = std::move(*compared);

  auto opened = Engine::Open(Engine::Mode::kReadOnly, options, clock, log, damage);
  if (!opened.ok() && opened.error().code != ErrorCode::kInternal) return std::move(opened.error());
  if (!opened.ok()) {
    if (!looked.damage) {
      const std::string file = FileNamedIn(opened.error().message);
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
  if (const auto& gap = engine.wal_order().gap()) {
    looked.damage = Damaged(gap->file, gap->reason);
    return looked;
  }
  if (!anchor) return looked;
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
  const EngineFiles files = engine.Files();
  anchor.manifest_number = files.manifest_number;
  anchor.manifest_bytes = files.manifest_bytes;
  anchor.wal_number = files.wal_number;

  // The record of the newest change may be gone, since all consumers have passed it.
  std::string pointer;
  const rocksdb::Status found = engine.db().Get(rocksdb::ReadOptions(), engine.feed(),
                                                EncodePosition(anchor.position), &pointer);
  if (found.IsNotFound() && before.position == anchor.position) pointer = before.newest_key;
  if (pointer.empty() || pointer.size() > Anchor::kMaxKeyBytes) return anchor;
  std::string value;
  const rocksdb::Status read = engine.db().Get(rocksdb::ReadOptions(),
                                               engine.family(Table::kUsers), pointer, &value);
  if (!read.ok()) return anchor;
  anchor.newest_key = pointer;
  anchor.newest_digest = Sha256(value);
  return anchor;
}

}  // namespace users::storage::local
