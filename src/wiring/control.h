#pragma once

#include <memory>
#include <string>

#include "base/log.h"
#include "base/result.h"
#include "storage/local/local_store.h"

// The socket `<data>/control` (mode 0600), by which other commands of this program talk to a server
// that has the directory open. One request at a time, one JSON line each way:
//   {"command": "snapshot"}  ->  {"directory": "<data>/snapshot-..."} or {"error": "..."}
// The directory has a consistent set of the database's files; it is removed when the caller hangs
// up.
namespace users::wiring {

class ControlServer {
 public:
  virtual ~ControlServer() = default;
  // Removes what an earlier server left behind, and answers until destroyed. The store outlives it.
  static Result<std::unique_ptr<ControlServer>> Start(const std::string& data_directory,
                                                      storage::local::LocalStore& store,
                                                      const Log& log);
};

// A snapshot that a running server has made, there until this is destroyed.
class RemoteSnapshot {
 public:
  virtual ~RemoteSnapshot() = default;
  virtual const std::string& directory() const = 0;
  // Nothing if no server answers there: then the store can be opened.
  static Result<std::unique_ptr<RemoteSnapshot>> Take(const std::string& data_directory);
};

// What the directories of snapshots are called before their number.
inline constexpr std::string_view kSnapshotPrefix = "snapshot-";

}  // namespace users::wiring
