#include "wiring/file_budget.h"

#include <algorithm>

#include "base/file_limit.h"
#include "maintenance/open_store.h"
#include "server/http_server.h"

namespace users::wiring {
namespace {

constexpr std::size_t kMaxApiConnections = 10'000;
constexpr std::size_t kMaxAdminConnections = 32;
constexpr std::size_t kMinIndexTables = 20;
constexpr std::size_t kMaxIndexTables = 100;
constexpr std::size_t kMaxOthers = 256;

}  // namespace

FileBudget ShareFiles(std::size_t limit) {
  FileBudget budget;
  budget.store_tables = maintenance::MaxOpenTables(limit);
  budget.others = std::clamp<std::size_t>(limit / 6, 40, kMaxOthers);
  budget.admin_connections = std::clamp<std::size_t>(limit / 50, 1, kMaxAdminConnections);
  budget.index_tables = std::clamp<std::size_t>(limit / 20, kMinIndexTables, kMaxIndexTables);
  const std::size_t taken = budget.store_tables + budget.index_tables + budget.others +
                            server::HttpServer::MaxFiles(budget.admin_connections);
  const std::size_t left = limit > taken ? limit - taken : 0;
  // If there are few files, each connection may need a second one for a moment.
  budget.api_connections = std::clamp<std::size_t>(
      std::max(left / 2, left - std::min(left, server::HttpServer::kMaxConnectionsAbove)), 1,
      kMaxApiConnections);
  return budget;
}

FileBudget OwnFileBudget() {
  return ShareFiles(FileLimit());
}

}  // namespace users::wiring
