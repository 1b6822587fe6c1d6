#pragma once

#include <cstddef>

namespace users::wiring {

// How the open files of the process are shared out, so that no part can take what another one
// needs. The sum is at most the limit.
struct FileBudget {
  std::size_t api_connections = 0;
  std::size_t admin_connections = 0;
  std::size_t store_tables = 0;  // that the embedded store keeps open
  std::size_t others = 0;        // the store's logs, backups, the event file, listeners, reloads
};

// For a process that may open `limit` files. Connections above a listener's maximum, which exist
// for a moment while others are being closed, are part of the sum.
FileBudget ShareFiles(std::size_t limit);

// For this process.
FileBudget OwnFileBudget();

}  // namespace users::wiring
