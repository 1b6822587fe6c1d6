#include <rocksdb/file_checksum.h>
#include <rocksdb/sst_file_reader.h>

#include <atomic>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "storage/local/damage.h"
#include "storage/local/start_check.h"

namespace users::storage::local {
namespace {

constexpr std::size_t kReadBytes = 1 << 20;
constexpr unsigned kThreads = 2;
constexpr std::string_view kChecksumName = "FileChecksumCrc32c";  // RocksDB's name for it
constexpr std::chrono::seconds kProgressInterval{5};

// Table files, verified by several threads.
class TableVerifier {
 public:
  TableVerifier(Engine& engine, rocksdb::Env& env, const Log& log) : env_(env), log_(log) {
    engine.db().GetLiveFilesMetaData(&files_);
    for (const auto& file : files_) bytes_in_all_ += file.size;
  }

  Result<std::optional<FoundDamage>> Run() {
    const auto work = [this] {
      for (std::size_t i = next_++; i < files_.size() && !stopped_; i = next_++) Verify(files_[i]);
    };
    std::vector<std::thread> threads;
    for (unsigned i = 1; i < kThreads && i < files_.size(); ++i) threads.emplace_back(work);
    work();
    for (std::thread& thread : threads) thread.join();
    const MutexLock lock(mutex_);
    if (damage_) return std::move(damage_);
    if (error_) return std::move(*error_);
    return std::optional<FoundDamage>();
  }

 private:
  void Verify(const rocksdb::LiveFileMetaData& file) {
    const std::string path = file.db_path + file.name;
    // Tables of the first versions of this program have checksums of their blocks only.
    const bool has_checksum = file.file_checksum_func_name == kChecksumName;
    const rocksdb::Status status = has_checksum ? VerifyFile(file, path) : VerifyBlocks(path);
    const MutexLock lock(mutex_);
    if (IsDamage(status)) {
      if (!damage_) damage_ = FoundDamage{"db" + file.name, status.ToString()};
    } else if (!status.ok()) {
      error_ =
          Error::Unavailable("cannot be read (db" + file.name + ": " + status.ToString() + ")");
    }
    if (!status.ok()) stopped_ = true;
  }

  rocksdb::Status VerifyFile(const rocksdb::LiveFileMetaData& file, const std::string& path) {
    std::unique_ptr<rocksdb::SequentialFile> opened;
    rocksdb::Status status = env_.NewSequentialFile(path, &opened, rocksdb::EnvOptions());
    if (!status.ok()) return status;
    rocksdb::FileChecksumGenContext context;
    context.file_name = path;
    const auto generator = checksums_->CreateFileChecksumGenerator(context);
    std::string buffer(kReadBytes, '\0');
    while (true) {
      rocksdb::Slice piece;
      status = opened->Read(buffer.size(), &piece, buffer.data());
      if (!status.ok()) return status;
      if (piece.empty()) break;
      generator->Update(piece.data(), piece.size());
      Count(piece.size());
    }
    generator->Finalize();
    if (generator->GetChecksum() == file.file_checksum) return rocksdb::Status::OK();
    return rocksdb::Status::Corruption("its checksum is not the one in the MANIFEST");
  }

  rocksdb::Status VerifyBlocks(const std::string& path) {
    rocksdb::Options options;
    options.env = &env_;
    rocksdb::SstFileReader reader(options);
    rocksdb::Status status = reader.Open(path);
    return status.ok() ? reader.VerifyChecksum() : status;
  }

  void Count(std::size_t bytes) {
    bytes_ += bytes;
    const MutexLock lock(mutex_);
    if (!HasPassed(next_report_)) return;
    next_report_ = DeadlineIn(kProgressInterval);
    log_.Info("store_verifying")
        .Number("megabytes", static_cast<std::int64_t>(bytes_ >> 20))
        .Number("megabytesInAll", static_cast<std::int64_t>(bytes_in_all_ >> 20));
  }

  rocksdb::Env& env_;
  const Log& log_;
  const std::shared_ptr<rocksdb::FileChecksumGenFactory> checksums_ =
      rocksdb::GetFileChecksumGenCrc32cFactory();
  std::vector<rocksdb::LiveFileMetaData> files_;
  std::uint64_t bytes_in_all_ = 0;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> stopped_{false};
  std::atomic<std::uint64_t> bytes_{0};
  Mutex mutex_;
  Deadline next_report_ USERS_GUARDED_BY(mutex_) = DeadlineIn(kProgressInterval);
  std::optional<FoundDamage> damage_ USERS_GUARDED_BY(mutex_);
  std::optional<Error> error_ USERS_GUARDED_BY(mutex_);
};

}  // namespace

Result<std::optional<FoundDamage>> VerifyTables(Engine& engine, rocksdb::Env& env, const Log& log) {
  return TableVerifier(engine, env, log).Run();
}

}  // namespace users::storage::local
