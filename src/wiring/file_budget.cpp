#include "wiring/file_budget.h"

#include <sys/resource.h>

#include <algorithm>

#include "server/http_server.h"

namespace users::wiring {
namespace {

constexpr std::size_t kMaxApiConnections = 10'000;
constexpr std::size_t kMaxAdminConnections = 32;
constexpr std::size_t kMaxStoreTables = 1'000;
constexpr std::size_t kMaxOthers = 256;

}  // namespace

FileBudget ShareFiles(std::size_t limit) {
  FileBudget budget;
  budget.store_tables = std::clamp<std::size_t>(limit * 3 / 10, 20, kMaxStoreTables);
  budget.others = std::clamp<std::size_t>(limit / 6, 40, kMaxOthers);
  budget.admin_connections = std::clamp<std::size_t>(limit / 50, 1, kMaxAdminConnections);
  const std::size_t taken =
      budget.store_tables + budget.others + server::HttpServer::MaxFiles(budget.admin_connections);
  const std::size_t left = limit > taken ? limit - taken : 0;
  // If there are few files, each connection may need a second one for a moment.
  budget.api_connections = std::clamp<std::size_t>(
      std::max(left / 2, left - std::min(left, server::HttpServer::kMaxConnectionsAbove)), 1,
      kMaxApiConnections);
  return budget;
}

FileBudget OwnFileBudget() {
  struct rlimit limit {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
    return ShareFiles(std::size_t{1} << 20);
  }
  return ShareFiles(static_cast<std::size_t>(limit.rlim_cur));
}

}  // namespace users::wiring
