#include "storage/local/store_watch.h"

#include <sys/stat.h>

#include <array>
#include <cstdio>

namespace users::storage::local {
namespace {

constexpr std::chrono::seconds kInterval{1};

std::string Numbered(const char* format, std::uint64_t number) {
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), format, static_cast<unsigned long long>(number));
  return text.data();
}

}  // namespace

StoreWatch::StoreWatch(const LocalStoreOptions& options, EngineAccess& access, AnchorFile& anchor,
                       LocalStoreStatistics& statistics)
    : options_(options),
      env_(EnvOf(options)),
      access_(access),
      anchor_(anchor),
      statistics_(statistics),
      thread_([this] { Run(); }) {}

StoreWatch::~StoreWatch() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  stop_.NotifyAll();
  thread_.join();
}

void StoreWatch::Run() {
  MutexLock lock(mutex_);
  while (!stopping_) {
    lock.Unlock();
    Inspect();
    lock.Lock();
    stop_.WaitFor(mutex_, kInterval, [&]() USERS_REQUIRES(mutex_) { return stopping_; });
  }
}

void StoreWatch::Inspect() {
  const EngineAccess::Lease engine(access_);
  if (!engine || engine->failed() || access_.damage().is_known()) return;
  const EngineFiles files = engine->Files(Engine::Tables::kListed);
  if (files.manifest_number == 0) return;
  // If the anchor cannot be written, the next write fails and handles it.
  anchor_.WriteFiles(files.manifest_number, files.manifest_bytes, files.wal_number)
      .PermitUncheckedError();
  auto damage = FindDamage(files);
  if (damage) {
    // RocksDB may have removed a file since it listed it. Then it no longer lists it.
    const EngineFiles again = engine->Files(Engine::Tables::kListed);
    const std::string first = damage->file;
    damage = again.manifest_number == 0 ? std::nullopt : FindDamage(again);
    if (damage && damage->file != first) damage.reset();
  }
  if (damage) {
    statistics_.files_in_place = false;
    access_.damage().Report(damage->file, damage->reason);
    return;
  }
  wal_number_ = files.wal_number;
  wal_bytes_ = files.wal_bytes;
}

std::optional<FoundDamage> StoreWatch::FindDamage(const EngineFiles& files) {
  for (const std::string name : {"FORMAT", "ANCHOR", "db/CURRENT"}) {
    if (auto found = CheckFile(name, 1)) return found;
  }
  const std::string manifest = Numbered("MANIFEST-%06llu", files.manifest_number);
  std::string current;
  if (rocksdb::ReadFileToString(&env_, options_.directory + "/db/CURRENT", &current).ok() &&
      current != manifest + "\n") {
    return FoundDamage{"db/CURRENT", "was changed"};
  }
  if (auto found = CheckFile("db/" + manifest, files.manifest_bytes)) return found;
  const std::string wal = "db/" + Numbered("%06llu.log", files.wal_number);
  if (files.wal_is_missing) return FoundDamage{"db/", "the newest write-ahead log is missing"};
  if (files.wal_number == wal_number_ && files.wal_bytes < wal_bytes_) {
    return FoundDamage{wal, "was cut short"};
  }
  if (auto found = WasReplaced("db")) return found;
  if (auto found = WasReplaced("ANCHOR", anchor_.restarts())) return found;
  for (const std::string& name : {"db/" + manifest, wal}) {
    if (auto found = WasReplaced(name)) return found;
  }
  return CheckTables(files);
}

std::optional<FoundDamage> StoreWatch::CheckTables(const EngineFiles& files) {
  for (const auto& table : files.tables) {
    const std::string name = "db" + table.name;
    if (auto found = CheckFile(name, table.size)) return found;
    if (auto found = WasReplaced(name)) return found;
  }
  // File numbers are never reused, so entries of removed files can be dropped.
  if (inodes_.size() > 2 * files.tables.size() + 100) inodes_.clear();
  return std::nullopt;
}

std::optional<FoundDamage> StoreWatch::CheckFile(const std::string& name,
                                                 std::uint64_t least_bytes) {
  std::uint64_t size = 0;
  const rocksdb::Status status = env_.GetFileSize(options_.directory + "/" + name, &size);
  if (IsDamage(status)) return FoundDamage{name, "is missing"};
  if (status.ok() && size < least_bytes) {
    return FoundDamage{name, "was cut short: it has " + std::to_string(size) + " bytes of " +
                                 std::to_string(least_bytes)};
  }
  return std::nullopt;
}

std::optional<FoundDamage> StoreWatch::WasReplaced(const std::string& name, std::uint64_t times) {
  if (options_.env != nullptr) return std::nullopt;
  struct stat about {};
  if (::stat((options_.directory + "/" + name).c_str(), &about) != 0) return std::nullopt;
  const auto [known, is_new] =
      inodes_.try_emplace(name + "#" + std::to_string(times), about.st_ino);
  if (is_new || known->second == about.st_ino) return std::nullopt;
  return FoundDamage{name, "was replaced"};
}

}  // namespace users::storage::local
