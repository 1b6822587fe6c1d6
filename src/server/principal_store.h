#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/log.h"
#include "base/result.h"
#include "server/principals.h"

namespace users::server {

// The principals in force, and the watch on their file: a change works within seconds, as a whole.
// A faulty, empty or missing file leaves the former principals in force and is logged as
// `principals_rejected`. Thread-safe.
class PrincipalStore {
 public:
  // Reads the file. The error's message says in one line what is wrong and where.
  static Result<std::unique_ptr<PrincipalStore>> Open(const std::string& path, const Log& log);
  ~PrincipalStore();

  // Counts the changes. Readers keep a copy of Current() and fetch it anew when this has moved.
  std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }
  std::shared_ptr<const Principals> Current() const;

  // Looks at the file now, changed or not.
  void Reload();

 private:
  PrincipalStore(std::string path, std::shared_ptr<const Principals> first, const Log& log);
  void Watch();
  void Load();

  const std::string path_;
  const Log& log_;
  std::atomic<std::uint64_t> generation_{1};
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::shared_ptr<const Principals> current_;
  bool reload_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace users::server
