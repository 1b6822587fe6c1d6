#include "server/watched_files.h"

#include <sys/stat.h>

#include <chrono>

#include "base/trusted_files.h"

namespace users::server {
namespace {

constexpr std::chrono::milliseconds kLookInterval{1000};

// Appends a text that differs whenever the file's content or permissions may have changed.
void AppendFingerprint(std::string& out, const std::string& path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) {
    out += "none;";
    return;
  }
  for (const std::int64_t part :
       {static_cast<std::int64_t>(about.st_dev), static_cast<std::int64_t>(about.st_ino),
        static_cast<std::int64_t>(about.st_size), static_cast<std::int64_t>(about.st_mtim.tv_sec),
        static_cast<std::int64_t>(about.st_mtim.tv_nsec),
        static_cast<std::int64_t>(about.st_ctim.tv_sec),
        static_cast<std::int64_t>(about.st_ctim.tv_nsec)}) {
    out += std::to_string(part) + "/";
  }
  out += ';';
}

std::string FingerprintOf(const std::vector<std::string>& paths) {
  std::string fingerprint;
  for (const std::string& path : paths) AppendFingerprint(fingerprint, path);
  return fingerprint;
}

}  // namespace

Result<std::string> ConfigurationReader::Read(const std::string& path, Secrecy secrecy) {
  auto file = ReadTrustedFile(path);
  if (!file.ok()) return std::move(file.error());
  if (secrecy == Secrecy::kSecret && file->others_can_read) readable_by_others_.push_back(path);
  return std::move(file->content);
}

void FileWatch::Remember(std::vector<std::string> paths) {
  paths_ = std::move(paths);
  seen_ = FingerprintOf(paths_);
}

void FileWatch::Start(std::function<void()> load, std::function<void()> looked) {
  thread_ = std::thread(
      [this, load = std::move(load), looked = std::move(looked)] { Run(load, looked); });
}

void FileWatch::Reload() {
  {
    const MutexLock lock(mutex_);
    reload_ = true;
  }
  wake_.NotifyAll();
}

void FileWatch::Stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

void FileWatch::Run(const std::function<void()>& load, const std::function<void()>& looked) {
  MutexLock lock(mutex_);
  while (!stopping_) {
    const bool asked = std::exchange(reload_, false);
    lock.Unlock();
    // Taken before the load, so that a change during the load is found by the next check.
    std::string fingerprint = FingerprintOf(paths_);
    if (asked || fingerprint != seen_) {
      seen_ = std::move(fingerprint);
      load();
    }
    looked();
    lock.Lock();
    wake_.WaitFor(mutex_, kLookInterval,
                  [&]() USERS_REQUIRES(mutex_) { return stopping_ || reload_; });
  }
}

}  // namespace users::server
