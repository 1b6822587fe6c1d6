#include "maintenance/backup.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/files.h"
#include "maintenance/control.h"
#include "maintenance/event_file_checker.h"
#include "maintenance/file_owner.h"
#include "maintenance/open_store.h"

namespace users::maintenance {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kProgressInterval{1};

// A damaged store has the exit code of a fault.
ProgramError At(std::string_view option, const std::string& path, const Error& error) {
  ProgramError fault = AtOption(option, path, error);
  if (error.code == ErrorCode::kInternal) fault.exit_code = kExitFault;
  return fault;
}

// The time limit of a backup.
class TimeLimit {
 public:
  explicit TimeLimit(std::chrono::seconds limit)
      : limit_(limit), end_(std::chrono::steady_clock::now() + limit) {}

  bool has_passed() const { return std::chrono::steady_clock::now() >= end_; }

  Error WhyStopped() const {
    if (!has_passed()) return Error::Unavailable("interrupted; nothing was kept");
    return Error::Unavailable("took longer than " + std::to_string(limit_.count()) +
                              " s (--time-limit); nothing was kept");
  }

 private:
  const std::chrono::seconds limit_;
  const std::chrono::steady_clock::time_point end_;
};

// Files of the data directory that belong to the running server, that are not finished, or that are
// an administrator's key. A server does not need the key, and anyone who gets the copy could use
// it.
bool IsLeftOut(const std::string& name) {
  return name == "control" || name == "credentials" || name == "curlrc" || name.ends_with(".new");
}

// The engine's own lock, which means nothing in a copy.
bool IsLockOfDatabase(const std::string& name) {
  return name == "LOCK";
}

// Moves the anchor of the snapshot's files beside the database. The anchor of a running server is
// ahead of the snapshot.
Status MoveAnchor(const fs::path& copy) {
  std::error_code error;
  fs::rename(copy / "db" / "ANCHOR", copy / "ANCHOR", error);
  if (error == std::errc::no_such_file_or_directory) return Done{};
  return error ? Status(Error::Unavailable("ANCHOR: " + error.message()))
               : SyncDirectory(copy / "db");
}

// Returns the names of the regular files of a directory.
Result<std::vector<std::string>> FilesOf(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    std::error_code of_entry;
    if (it->is_regular_file(of_entry)) names.push_back(it->path().filename());
  }
  if (error) return Error::Unavailable(error.message());
  std::sort(names.begin(), names.end());
  return names;
}

class Copier {
 public:
  Copier(const ShowCopied& copied, const TimeLimit& limit) : copied_(copied), limit_(limit) {}

  // Copies all regular files of a directory, except those left out and those that the new directory
  // already has. Then syncs the new directory.
  Status CopyFiles(const fs::path& from, const fs::path& to,
                   bool (*is_left_out)(const std::string&)) {
    auto names = FilesOf(from);
    if (!names.ok()) return std::move(names.error());
    std::error_code ignored;
    std::erase_if(*names, [&](const std::string& name) {
      return is_left_out(name) || fs::exists(to / name, ignored);
    });
    for (const std::string& name : *names) {
      std::error_code unknown;
      const auto size = fs::file_size(from / name, unknown);
      if (!unknown) progress_.bytes_in_all += size;
    }
    for (const std::string& name : *names) {
      const auto size = CopyFileDurably(from / name, to / name);
      if (!size.ok()) return Error::Unavailable(name + ": " + size.error().message);
      ++progress_.files;
      progress_.bytes += *size;
      if (std::chrono::steady_clock::now() < next_report_) continue;
      if (!copied_(progress_)) return limit_.WhyStopped();
      next_report_ = std::chrono::steady_clock::now() + kProgressInterval;
    }
    return SyncDirectory(to);
  }

 private:
  const ShowCopied& copied_;
  const TimeLimit& limit_;
  BackupProgress progress_;
  std::chrono::steady_clock::time_point next_report_ =
      std::chrono::steady_clock::now() + kProgressInterval;
};

// The snapshot of a running server, or the files of a store that no server uses meanwhile.
class Source {
 public:
  static Result<std::unique_ptr<Source>> Open(const std::string& data_directory) {
    auto source = std::make_unique<Source>();
    auto remote = RemoteSnapshot::Request(data_directory);
    if (!remote.ok()) return std::move(remote.error());
    if (*remote != nullptr) {
      source->remote_ = std::move(*remote);
      source->directory_ = source->remote_->directory();
      return source;
    }
    source->sink_ = MakeFileDescriptorSink(STDERR_FILENO);
    source->log_ = std::make_unique<Log>(*source->sink_, source->clock_, LogLevel::kError);
    auto store = OpenStoreForReading(data_directory, source->clock_, *source->log_);
    if (!store.ok()) return std::move(store.error());
    source->store_ = std::move(*store);
    source->directory_ = data_directory + "/db";
    return source;
  }

  const std::string& directory() const { return directory_; }
  bool is_there() { return remote_ == nullptr || remote_->is_there(); }

 private:
  std::string directory_;
  std::unique_ptr<RemoteSnapshot> remote_;
  SystemClock clock_;
  std::unique_ptr<LogSink> sink_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<storage::local::LocalStore> store_;  // prevents servers from starting
};

// The directory that becomes the copy. A lock keeps other backups away. The destructor removes the
// directory unless it was published.
class Partial {
 public:
  static Result<std::unique_ptr<Partial>> Make(const fs::path& to) {
    auto partial = std::make_unique<Partial>();
    partial->to_ = to;
    const fs::path path = to.string() + ".partial";
    if (auto removed = RemoveLeft(path); !removed.ok()) return std::move(removed.error());
    if (auto made = MakePrivateDirectory(path); !made.ok()) return CannotBeWritten(made.error());
    if (!partial->Lock(path)) return AnotherRuns();
    partial->path_ = path;  // removed by the destructor from here on
    if (auto made = MakePrivateDirectory(path / "db"); !made.ok()) {
      return CannotBeWritten(made.error());
    }
    return partial;
  }

  ~Partial() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
    if (fd_ >= 0) ::close(fd_);
  }

  const fs::path& path() const { return path_; }

  // Renames the directory in one step and makes that durable.
  Status Publish() {
    if (auto synced = SyncDirectory(path_ / "db"); !synced.ok()) return synced;
    if (auto synced = SyncDirectory(path_); !synced.ok()) return synced;
    std::error_code error;
    fs::rename(path_, to_, error);
    if (error) return Error::Unavailable(error.message());
    path_.clear();
    return SyncDirectory(to_.parent_path());
  }

 private:
  static Error CannotBeWritten(const Error& error) {
    return Error::Unavailable("cannot be written (" + error.message + ")");
  }
  static Error AnotherRuns() { return Error::Unavailable("another backup to it is running"); }

  // Removes what a killed backup has left, and nothing else.
  static Status RemoveLeft(const fs::path& path) {
    std::error_code error;
    if (!fs::exists(path, error)) return Done{};
    const bool ours = fs::is_directory(path, error) &&
                      (fs::is_empty(path, error) || fs::is_directory(path / "db", error));
    if (!ours) {
      return Error::Unavailable(path.filename().string() +
                                " exists beside it and is not an unfinished backup: remove it");
    }
    Partial left;
    if (!left.Lock(path)) return AnotherRuns();
    left.path_ = path;
    return Done{};
  }

  // Returns false if another process has locked the directory, or has replaced it meanwhile.
  bool Lock(const fs::path& path) {
    fd_ = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat locked {};
    struct stat named {};
    return fd_ >= 0 && ::flock(fd_, LOCK_EX | LOCK_NB) == 0 && ::fstat(fd_, &locked) == 0 &&
           ::stat(path.c_str(), &named) == 0 && locked.st_ino == named.st_ino;
  }

  fs::path to_;
  fs::path path_;
  int fd_ = -1;
};

// Returns the absolute path without symbolic links and trailing slash, if a copy may be created
// there.
Result<fs::path> Destination(const std::string& data_directory, const std::string& to) {
  std::error_code error;
  fs::path path = fs::weakly_canonical(fs::absolute(to, error), error);
  if (error) return Error::Unavailable("cannot be written (" + error.message() + ")");
  if (!path.has_filename()) path = path.parent_path();
  const fs::path data = fs::weakly_canonical(fs::absolute(data_directory, error), error);
  const auto [in_data, rest] = std::mismatch(data.begin(), data.end(), path.begin(), path.end());
  if (!error && in_data == data.end()) {
    return Error::Unavailable("is inside the data directory; name one outside");
  }
  struct stat there {};
  if (::stat(path.c_str(), &there) != 0) return path;
  if (!S_ISDIR(there.st_mode)) return Error::Unavailable("is a file; name a new directory");
  if (!fs::is_empty(path, error) || error) {
    return Error::Unavailable("is not empty; name a new directory");
  }
  struct stat parent {};
  if (::stat(path.parent_path().c_str(), &parent) == 0 && parent.st_dev != there.st_dev) {
    return Error::Unavailable("is a mount point; name a new directory in it");
  }
  return path;
}

// Removes the events of changes that the copy's store does not have.
Status CutEvents(const fs::path& copy) {
  const std::string events = copy / "audit-events.jsonl";
  std::error_code error;
  if (!fs::exists(events, error)) return Done{};
  const SystemClock clock;
  const auto sink = MakeFileDescriptorSink(STDERR_FILENO);
  const Log log(*sink, clock, LogLevel::kError);
  const auto store = OpenStoreForReading(copy, clock, log);
  if (!store.ok()) return Done{};  // the check reports the fault
  auto cut = CutEventsNotIn(**store, events);
  if (cut.ok()) return cut;
  return Error::Unavailable("audit-events.jsonl: " + cut.error().message);
}

Result<CheckSummary, ProgramError> CheckCopy(const BackupRequest& request, const fs::path& copy,
                                             const ShowProgress& checked, const TimeLimit& limit) {
  if (auto cut = CutEvents(copy); !cut.ok()) return At("--to", request.to, cut.error());
  std::string first_finding;
  bool finished = true;
  const auto remember = [&](const service::Finding& finding) {
    if (first_finding.empty()) first_finding = finding.place + ": " + finding.what;
  };
  const auto show = [&](const CheckSummary& so_far) {
    return finished = checked(so_far) && !limit.has_passed();
  };
  CheckRequest check;
  check.data_directory = copy;
  auto summary = CheckData(check, remember, show);
  if (!summary.ok()) return At("--to", request.to, summary.error());
  if (!finished) return At("--to", request.to, limit.WhyStopped());
  if (summary->findings > 0) {
    return ProgramError::Fault("--data " + request.data_directory +
                               ": the store is not sound: " + std::to_string(summary->findings) +
                               " faults, the first: " + first_finding +
                               ". Nothing was kept; see usersd check");
  }
  return *summary;
}

}  // namespace

Result<CheckSummary, ProgramError> BackUp(const BackupRequest& request, const ShowCopied& copied,
                                          const ShowProgress& checked) {
  const std::string& data_directory = request.data_directory;
  const std::string& to = request.to;
  const auto destination = Destination(data_directory, to);
  if (!destination.ok()) return At("--to", to, destination.error());
  const auto partial = Partial::Make(*destination);
  if (!partial.ok()) return At("--to", to, partial.error());
  const fs::path& copy = (*partial)->path();
  const TimeLimit limit(request.time_limit);
  const ShowCopied copied_in_time = [&](const BackupProgress& so_far) {
    return copied(so_far) && !limit.has_passed();
  };
  {
    const auto source = Source::Open(data_directory);
    if (!source.ok()) return At("--data", data_directory, source.error());
    Copier copier(copied_in_time, limit);
    // Copy the database first. The event file is then at least as new: it may have more events than
    // the copy's store, never fewer.
    auto done = copier.CopyFiles((*source)->directory(), copy / "db", IsLockOfDatabase);
    if (!(*source)->is_there()) {
      return At("--data", data_directory,
                Error::Unavailable("the server has removed its snapshot: it stopped, or the backup "
                                   "took longer than two hours; try again"));
    }
    if (done.ok()) done = MoveAnchor(copy);
    if (done.ok()) done = copier.CopyFiles(data_directory, copy, IsLeftOut);
    if (!done.ok()) return At("--to", to, done.error());
  }
  auto summary = CheckCopy(request, copy, checked, limit);
  if (!summary.ok()) return summary;
  const auto owner = OwnerOf(data_directory);
  auto kept = owner.ok() ? GiveTree(copy, *owner) : Status(owner.error());
  if (kept.ok()) kept = (*partial)->Publish();
  if (!kept.ok()) return At("--to", to, kept.error());
  return summary;
}

}  // namespace users::maintenance
