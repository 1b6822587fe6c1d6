#include "wiring/file_budget.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "server/http_server.h"

namespace users::wiring {
namespace {

std::size_t SumOf(const FileBudget& budget) {
  return server::HttpServer::MaxFiles(budget.api_connections) +
         server::HttpServer::MaxFiles(budget.admin_connections) + budget.store_tables +
         budget.index_tables + budget.others;
}

TEST(FileBudget, NeverExceedsTheLimit) {
  for (std::size_t limit = 100; limit < 100'000; limit = limit * 21 / 20 + 1) {
    const FileBudget budget = ShareFiles(limit);
    EXPECT_LE(SumOf(budget), limit);
    EXPECT_GE(budget.api_connections, limit < 256 ? 1 : std::min<std::size_t>(limit / 5, 10'000))
        << limit;
    EXPECT_GE(budget.admin_connections, 1U);
    EXPECT_LE(budget.admin_connections, 32U);
  }
}

TEST(FileBudget, GivesTheApiAsManyAsItCanUse) {
  for (const std::size_t limit : {20'000U, 1U << 20}) {
    EXPECT_EQ(ShareFiles(limit).api_connections, 10'000U);
    EXPECT_EQ(ShareFiles(limit).store_tables, 1'000U);
  }
}

TEST(FileBudget, LeavesOneConnectionForAnyLimit) {
  for (const std::size_t limit : {0U, 1U, 10U, 60U}) {
    EXPECT_EQ(ShareFiles(limit).api_connections, 1U);
    EXPECT_EQ(ShareFiles(limit).admin_connections, 1U);
  }
}

}  // namespace
}  // namespace users::wiring
