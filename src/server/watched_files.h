#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/mutex.h"
#include "base/result.h"

namespace users::server {

// Whether the content of a file is secret.
enum class Secrecy { kPublic, kSecret };

// Reads the files of one load. A file that is not trusted (base/trusted_files.h) is an error.
class ConfigurationReader {
 public:
  // Returns the content of the file. The error's message has the fault, without the path.
  Result<std::string> Read(const std::string& path, Secrecy secrecy);

  // Secrets among the files that everybody on the machine can read.
  const std::vector<std::string>& readable_by_others() const { return readable_by_others_; }

 private:
  std::vector<std::string> readable_by_others_;
};

// A thread that checks files about once a second. It calls `load` when one of them has changed, and
// after Reload. Thread-safe.
class FileWatch {
 public:
  FileWatch() = default;
  ~FileWatch() { Stop(); }
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  // Records the present state of the files as the loaded one.
  void Remember(std::vector<std::string> paths);
  // Starts the thread; call it once. The thread calls `load`, and `looked` after each check.
  void Start(std::function<void()> load, std::function<void()> looked);
  // Calls `load` soon, changed or not.
  void Reload();
  // Ends the thread; neither function is called after that.
  void Stop();

 private:
  void Run(const std::function<void()>& load, const std::function<void()>& looked);

  std::vector<std::string> paths_;
  std::string seen_;
  Mutex mutex_;
  ConditionVariable wake_;
  bool reload_ USERS_GUARDED_BY(mutex_) = false;
  bool stopping_ USERS_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

// The value of one or several files, which are watched. A change takes effect within seconds and as
// a whole. If a file is faulty, empty, missing or not trusted, the previous value remains in force,
// and `<name>_rejected` is logged. Thread-safe.
template <class Value>
class WatchedFiles {
 public:
  // The files and how to load them.
  struct Options {
    std::string name;                // of the log events: <name>_loaded, <name>_rejected
    std::vector<std::string> paths;  // none: nothing changes, but Reload logs the value again
    // Creates the value from the present content of the files. Called on the watch's thread.
    std::function<Result<std::shared_ptr<const Value>>(ConfigurationReader&)> load;
    // Adds to the line <name>_loaded.
    std::function<void(Log::Line&, const Value&)> describe;
    // Optional: called on the watch's thread after each check, about once a second.
    std::function<void(const Value&)> looked = {};
  };

  // Loads nothing yet. `log` must outlive this.
  WatchedFiles(Options options, const Log& log) : options_(std::move(options)), log_(log) {}
  ~WatchedFiles() { watch_.Stop(); }
  WatchedFiles(const WatchedFiles&) = delete;
  WatchedFiles& operator=(const WatchedFiles&) = delete;

  // Loads the files for the first time, before anything else is called. Logs nothing and starts no
  // thread. The error is the one of `load`.
  Status Open() {
    watch_.Remember(options_.paths);
    return Load();
  }

  // Logs the value that Open has loaded, and follows the files from now on. Call it once.
  void Watch() {
    watch_.Start([this] { LoadAndLog(); },
                 [this] {
                   if (!is_announced_) Announce();
                   if (options_.looked) options_.looked(*Current());
                 });
  }

  // Counts the changes. Readers keep a copy of Current() and fetch it again when this has changed.
  std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }
  // Returns the value in force.
  std::shared_ptr<const Value> Current() const {
    const MutexLock lock(mutex_);
    return current_;
  }

  // Loads the files soon, changed or not.
  void Reload() { watch_.Reload(); }

 private:
  Status Load() {
    ConfigurationReader reader;
    auto loaded = options_.load(reader);
    if (!loaded.ok()) return std::move(loaded.error());
    {
      const MutexLock lock(mutex_);
      current_ = std::move(*loaded);
    }
    readable_by_others_ = reader.readable_by_others();
    is_announced_ = false;
    generation_.fetch_add(1, std::memory_order_release);
    return Done{};
  }

  void LoadAndLog() {
    const auto loaded = Load();
    if (loaded.ok()) return Announce();
    auto line = log_.Error(options_.name + "_rejected");
    if (!options_.paths.empty()) line.Text("path", options_.paths.front());
    line.Text("reason", InOneLine(loaded.error()));
  }

  void Announce() {
    is_announced_ = true;
    for (const std::string& path : readable_by_others_) {
      log_.Warning("file_readable_by_others").Text("path", path);
    }
    const auto current = Current();
    auto line = log_.Info(options_.name + "_loaded");
    options_.describe(line, *current);
  }

  const Options options_;
  const Log& log_;
  std::atomic<std::uint64_t> generation_{0};
  mutable Mutex mutex_;
  std::shared_ptr<const Value> current_ USERS_GUARDED_BY(mutex_);
  // Used by Open, and then only by the watch's thread.
  std::vector<std::string> readable_by_others_;
  bool is_announced_ = false;
  FileWatch watch_;  // the last member: its thread uses the others
};

}  // namespace users::server
