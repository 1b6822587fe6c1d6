#include "wiring/backup.h"

#include <unistd.h>

#include <filesystem>

#include "base/files.h"
#include "wiring/control.h"
#include "wiring/open_store.h"

namespace users::wiring {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kProgressInterval{1};

Error At(std::string_view option, const std::string& path, const std::string& message) {
  return Error::Unavailable(std::string(option) + " " + path + ": " + message);
}

// Files of the data directory that are the server's own, or that stand in the snapshot already.
bool IsLeftOut(const std::string& name) {
  return name == "db" || name == "control" || name.starts_with(kSnapshotPrefix) ||
         name.ends_with(".new");
}

class Copier {
 public:
  explicit Copier(const std::function<void(const BackupProgress&)>& copied) : copied_(copied) {}

  // All regular files of a directory but those left out.
  Status CopyFiles(const fs::path& from, const fs::path& to, bool leave_out) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(from, error)) {
      const std::string name = entry.path().filename();
      if (!entry.is_regular_file(error) || (leave_out && IsLeftOut(name))) continue;
      const auto size = CopyFileDurably(entry.path(), to / name);
      if (!size.ok()) return size.error();
      ++progress_.files;
      progress_.bytes += *size;
      if (std::chrono::steady_clock::now() >= next_report_) {
        copied_(progress_);
        next_report_ = std::chrono::steady_clock::now() + kProgressInterval;
      }
    }
    if (error) return Error::Unavailable(error.message());
    return SyncDirectory(to);
  }

 private:
  const std::function<void(const BackupProgress&)>& copied_;
  BackupProgress progress_;
  std::chrono::steady_clock::time_point next_report_ =
      std::chrono::steady_clock::now() + kProgressInterval;
};

// The snapshot that a server made, or one of our own.
class Source {
 public:
  static Result<std::unique_ptr<Source>> Open(const std::string& data_directory) {
    auto source = std::make_unique<Source>();
    auto remote = RemoteSnapshot::Take(data_directory);
    if (!remote.ok()) return std::move(remote.error());
    if (*remote != nullptr) {
      source->remote_ = std::move(*remote);
      source->directory_ = source->remote_->directory();
      return source;
    }
    std::error_code error;
    if (!fs::exists(data_directory + "/FORMAT", error)) return Error::Unavailable("holds no store");
    source->sink_ = MakeFileDescriptorSink(STDERR_FILENO);
    source->log_ = std::make_unique<Log>(*source->sink_, source->clock_, LogLevel::kError);
    auto store = OpenStore(data_directory, source->clock_, *source->log_);
    if (!store.ok()) return std::move(store.error());
    source->store_ = std::move(*store);
    source->directory_ =
        data_directory + "/" + std::string(kSnapshotPrefix) + std::to_string(::getpid());
    source->owns_directory_ = true;
    fs::remove_all(source->directory_, error);
    if (auto linked = source->store_->LinkFilesTo(source->directory_); !linked.ok()) {
      return std::move(linked.error());
    }
    return source;
  }

  ~Source() {
    std::error_code ignored;
    if (owns_directory_) fs::remove_all(directory_, ignored);
  }

  const std::string& directory() const { return directory_; }

 private:
  std::string directory_;
  bool owns_directory_ = false;
  std::unique_ptr<RemoteSnapshot> remote_;
  SystemClock clock_;
  std::unique_ptr<LogSink> sink_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<storage::local::LocalStore> store_;
};

}  // namespace

Result<CheckSummary> BackUp(const std::string& data_directory, const std::string& to,
                            const std::function<void(const BackupProgress&)>& copied,
                            const std::function<void(const CheckSummary&)>& checked) {
  std::error_code error;
  if (fs::exists(to, error) && !fs::is_empty(to, error)) {
    return At("--to", to, "is not empty; name a new directory");
  }
  const std::string partial = to + ".partial";
  fs::remove_all(partial, error);
  auto made = MakePrivateDirectory(partial);
  if (made.ok()) made = MakePrivateDirectory(partial + "/db");
  if (!made.ok()) return At("--to", to, "cannot be written (" + made.error().message + ")");

  const auto give_up = [&](Error failure) {
    fs::remove_all(partial, error);
    return failure;
  };
  {
    const auto source = Source::Open(data_directory);
    if (!source.ok()) return give_up(At("--data", data_directory, source.error().message));
    Copier copier(copied);
    // The database first: what the relay has delivered by then stands in the event file, which may
    // hold more than the copy knows of, never less.
    auto done = copier.CopyFiles((*source)->directory(), partial + "/db", /*leave_out=*/false);
    if (done.ok()) done = copier.CopyFiles(data_directory, partial, /*leave_out=*/true);
    if (!done.ok()) return give_up(At("--to", to, done.error().message));
  }

  std::string first_finding;
  const auto remember = [&](const service::Finding& finding) {
    if (first_finding.empty()) first_finding = finding.place + ": " + finding.what;
  };
  auto summary = CheckData(partial, remember, checked);
  if (!summary.ok()) return give_up(At("--to", to, summary.error().message));
  if (summary->findings > 0) {
    return give_up(At("--data", data_directory, "the store is not sound; " + first_finding));
  }
  fs::remove(to, error);
  fs::rename(partial, to, error);
  if (error) return give_up(At("--to", to, error.message()));
  const auto synced = SyncDirectory(fs::absolute(to, error).parent_path());
  if (!synced.ok()) return At("--to", to, synced.error().message);
  return summary;
}

}  // namespace users::wiring
