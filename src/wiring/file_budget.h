#pragma once

#include <cstddef>

namespace users::wiring {

// The shares of the process's open files, so that no part can use the files of another part. The
// sum is at most the limit.
struct FileBudget {
  std::size_t api_connections = 0;
  std::size_t admin_connections = 0;
  std::size_t store_tables = 0;  // that the embedded store keeps open
  std::size_t index_tables = 0;  // that the search index keeps open
  std::size_t others = 0;        // the store's logs, backups, the event file, listeners, reloads
};

// Returns the budget of a process that may open `limit` files. The sum includes the connections
// above a listener's maximum, which exist for a moment while others are being closed.
FileBudget ShareFiles(std::size_t limit);

// Returns the budget of this process.
FileBudget OwnFileBudget();

}  // namespace users::wiring
