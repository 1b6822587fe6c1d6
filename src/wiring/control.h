#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/log.h"
#include "base/result.h"

// The socket `<data>/control` (mode 0600), by which other commands of this program talk to a server
// that has the directory open. One request for each connection, one JSON line each way:
//   {"command": "snapshot"}  ->  {"snapshot": "snapshot-..."} or {"error": "..."}
// The directory of that name, in the data directory, has a consistent set of the database's files.
// It is removed when the caller hangs up, or when it is too old: it keeps files on the disk that
// the database no longer needs. A request must be there within some seconds; only so many
// connections are held at a time.
namespace users::wiring {

struct ControlOptions {
  // A snapshot that takes longer to make is given up. The caller waits a little longer than that.
  std::chrono::milliseconds making_time{60'000};
  std::chrono::milliseconds snapshot_time{2 * 60 * 60 * 1000};
};

class ControlServer {
 public:
  virtual ~ControlServer() = default;
  // Makes a new directory with a consistent set of the database's files. May hang with the disk.
  using LinkFiles = std::function<Status(const std::string& directory)>;

  // Removes what an earlier server left behind, and serves until destroyed. What `link_files` uses
  // outlives it.
  static Result<std::unique_ptr<ControlServer>> Start(const std::string& data_directory,
                                                      LinkFiles link_files, const Log& log,
                                                      const ControlOptions& options = {});
};

// A snapshot that a running server has made, there until this is destroyed.
class RemoteSnapshot {
 public:
  virtual ~RemoteSnapshot() = default;
  virtual const std::string& directory() const = 0;
  // False once the server has removed it: it has stopped, or the snapshot was too old.
  virtual bool is_there() = 0;
  // Nothing if no server runs there: then the store can be opened. An error if one runs and makes
  // no snapshot within a bounded time.
  static Result<std::unique_ptr<RemoteSnapshot>> Take(const std::string& data_directory);
};

// What the directories of snapshots are called before their number.
inline constexpr std::string_view kSnapshotPrefix = "snapshot-";

// Removes what backups and servers that ended suddenly have left behind. For whoever has the store
// open, and with it the only right to make snapshots.
void RemoveLeftSnapshots(const std::string& data_directory);

}  // namespace users::wiring
