#pragma once

#include <memory>
#include <string>

#include "server/principals.h"
#include "server/watched_files.h"

namespace users::server {

// The principals in force. The log events are `principals_loaded` and `principals_rejected`.
class PrincipalStore final : public WatchedFiles<Principals> {
 public:
  // Reads the file and follows it. The error's message has the fault and its place in the file, in
  // one line.
  static Result<std::unique_ptr<PrincipalStore>> Open(const std::string& path, const Log& log);

 private:
  using WatchedFiles::WatchedFiles;
};

}  // namespace users::server
