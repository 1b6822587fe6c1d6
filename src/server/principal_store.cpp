#include "server/principal_store.h"

#include <sys/stat.h>

#include <utility>

#include "base/files.h"

namespace users::server {
namespace {

constexpr std::chrono::milliseconds kLookInterval{1000};

// Differs whenever the file may have changed.
std::string FingerprintOf(const std::string& path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) return "none";
  std::string fingerprint;
  for (const std::int64_t part :
       {static_cast<std::int64_t>(about.st_ino), static_cast<std::int64_t>(about.st_size),
        static_cast<std::int64_t>(about.st_mtim.tv_sec),
        static_cast<std::int64_t>(about.st_mtim.tv_nsec),
        static_cast<std::int64_t>(about.st_ctim.tv_sec),
        static_cast<std::int64_t>(about.st_ctim.tv_nsec)}) {
    fingerprint += std::to_string(part) + "/";
  }
  return fingerprint;
}

Result<std::shared_ptr<const Principals>> ReadPrincipals(const std::string& path) {
  const auto text = ReadFile(path);
  if (!text.ok()) return text.error();
  return Principals::Parse(*text);
}

}  // namespace

Result<std::unique_ptr<PrincipalStore>> PrincipalStore::Open(const std::string& path,
                                                             const Log& log) {
  auto first = ReadPrincipals(path);
  if (!first.ok()) return Error::Unavailable(InOneLine(first.error()));
  return std::unique_ptr<PrincipalStore>(new PrincipalStore(path, std::move(*first), log));
}

PrincipalStore::PrincipalStore(std::string path, std::shared_ptr<const Principals> first,
                               const Log& log)
    : path_(std::move(path)), log_(log), current_(std::move(first)), thread_([this] { Watch(); }) {}

PrincipalStore::~PrincipalStore() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

std::shared_ptr<const Principals> PrincipalStore::Current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

void PrincipalStore::Reload() {
  {
    const std::lock_guard lock(mutex_);
    reload_ = true;
  }
  wake_.notify_all();
}

void PrincipalStore::Watch() {
  // Between the first reading and here the file may have changed: the first look reads it again.
  std::string seen;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const bool asked = std::exchange(reload_, false);
    lock.unlock();
    const std::string fingerprint = FingerprintOf(path_);
    if (asked || fingerprint != seen) {
      Load();
      seen = fingerprint;
    }
    lock.lock();
    wake_.wait_for(lock, kLookInterval, [&] { return stopping_ || reload_; });
  }
}

void PrincipalStore::Load() {
  auto loaded = ReadPrincipals(path_);
  if (!loaded.ok()) {
    log_.Error("principals_rejected").Text("reason", InOneLine(loaded.error()));
    return;
  }
  const auto count = static_cast<std::int64_t>((*loaded)->size());
  {
    const std::lock_guard lock(mutex_);
    current_ = std::move(*loaded);
  }
  generation_.fetch_add(1, std::memory_order_release);
  log_.Info("principals_loaded").Number("principals", count);
}

}  // namespace users::server
