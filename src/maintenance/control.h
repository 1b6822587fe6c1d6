#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/log.h"
#include "base/result.h"

// The socket `<data>/control` (mode 0600), through which other commands of this program talk to a
// server that has the directory open. One request for each connection, one JSON line each way:
//   {"command": "snapshot"}  ->  {"snapshot": "snapshot-..."} or {"error": "..."}
// The directory of that name, in the data directory, has a consistent set of the database's files.
// It is removed when the caller disconnects, or when it is too old, because it keeps files on the
// disk that the database no longer needs. A request must arrive within some seconds, and the number
// of connections is limited.
namespace users::maintenance {

// The time limits of snapshots.
struct ControlOptions {
  // A snapshot that takes longer to create is abandoned. The caller waits a little longer.
  std::chrono::milliseconds making_time{60'000};
  std::chrono::milliseconds snapshot_time{2 * 60 * 60 * 1000};
};

// Serves the socket on its own threads, until it is destroyed.
class ControlServer {
 public:
  virtual ~ControlServer() = default;
  // Creates a directory with a consistent set of the database's files. May hang with the disk.
  using LinkFiles = std::function<Status(const std::string& directory)>;

  // Removes the snapshots that an earlier server left, and serves until destroyed. The objects that
  // `link_files` uses must outlive it.
  static Result<std::unique_ptr<ControlServer>> Start(const std::string& data_directory,
                                                      LinkFiles link_files, const Log& log,
                                                      const ControlOptions& options = {});
};

// A snapshot that a running server has created. It exists until this is destroyed.
class RemoteSnapshot {
 public:
  virtual ~RemoteSnapshot() = default;
  // The path of the snapshot.
  virtual const std::string& directory() const = 0;
  // Returns false once the server has removed it, because the server stopped or the snapshot was
  // too old.
  virtual bool is_there() = 0;
  // Returns null if no server runs there, so that the store can be opened. Returns an error if a
  // server runs and creates no snapshot within a bounded time.
  static Result<std::unique_ptr<RemoteSnapshot>> Request(const std::string& data_directory);
};

// The prefix of the directories of snapshots, before their number.
inline constexpr std::string_view kSnapshotPrefix = "snapshot-";

// Removes the snapshots that backups and servers left when they ended suddenly. Only the process
// that has the store open may call it, because only that process may create snapshots.
void RemoveLeftSnapshots(const std::string& data_directory);

}  // namespace users::maintenance
