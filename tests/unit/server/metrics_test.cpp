#include "server/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace users::server {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

std::string Requests(const char* operation, int status, int count) {
  return "users_requests_total{operation=\"" + std::string(operation) + "\",status=\"" +
         std::to_string(status) + "\"} " + std::to_string(count) + "\n";
}

TEST(Metrics, CountsResponsesByOperationAndStatus) {
  Metrics metrics;
  metrics.CountResponse(api::Operation::kUsersProfileGet, 200, microseconds(10));
  metrics.CountResponse(api::Operation::kUsersProfileGet, 200, microseconds(10));
  metrics.CountResponse(api::Operation::kUsersProfileGet, 404, microseconds(10));
  metrics.CountResponse(api::Operation::kUsersRegisterCreate, 201, microseconds(10));
  metrics.CountResponse(std::nullopt, 431, microseconds(10));
  const std::string text = metrics.Text();
  EXPECT_THAT(text, HasSubstr("# TYPE users_requests_total counter\n"));
  EXPECT_THAT(text, HasSubstr(Requests("users_profile_get", 200, 2)));
  EXPECT_THAT(text, HasSubstr(Requests("users_profile_get", 404, 1)));
  EXPECT_THAT(text, HasSubstr(Requests("users_register_create", 201, 1)));
  EXPECT_THAT(text, HasSubstr(Requests("none", 431, 1)));
}

// A series that appears with its first count hides that count from rate().
TEST(Metrics, HasEverySeriesFromTheStart) {
  const std::string text = Metrics().Text();
  for (const api::OperationRow& row : api::kOperations) {
    for (const int status :
         {200, 201, 400, 401, 403, 404, 405, 409, 412, 413, 415, 429, 431, 500, 503}) {
      EXPECT_THAT(text, HasSubstr(Requests(std::string(row.name).c_str(), status, 0)));
    }
  }
  EXPECT_THAT(text, HasSubstr(Requests("none", 404, 0)));
}

TEST(Metrics, CountsUnknownStatusAs500) {
  Metrics metrics;
  metrics.CountResponse(api::Operation::kUsersListQuery, 418, microseconds(10));
  EXPECT_THAT(metrics.Text(), HasSubstr(Requests("users_list_query", 500, 1)));
  EXPECT_THAT(metrics.Text(), Not(HasSubstr("418")));
}

TEST(Metrics, MeasuresDurationsInSeconds) {
  Metrics metrics;
  metrics.CountResponse(api::Operation::kUsersAuditQuery, 200, microseconds(300));
  metrics.CountResponse(api::Operation::kUsersAuditQuery, 200, seconds(2));
  const std::string text = metrics.Text();
  const std::string name = "users_request_duration_seconds";
  const std::string label = "{operation=\"users_audit_query\"";
  EXPECT_THAT(text, HasSubstr("# TYPE " + name + " histogram\n"));
  EXPECT_THAT(text, HasSubstr(name + "_count" + label + "} 2\n"));
  EXPECT_THAT(text, HasSubstr(name + "_sum" + label + "} 2.0003"));
  EXPECT_THAT(text, HasSubstr(name + "_bucket" + label + ",le=\"0.00025\"} 0\n"));
  EXPECT_THAT(text, HasSubstr(name + "_bucket" + label + ",le=\"0.0005\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(name + "_bucket" + label + ",le=\"1\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(name + "_bucket" + label + ",le=\"+Inf\"} 2\n"));
}

TEST(Metrics, ReadsNumbersOnlyWhenScraped) {
  Metrics metrics;
  double value = 1;
  int reads = 0;
  metrics.Add(Metrics::Kind::kGauge, "users_waiting", "Who waits", [&] {
    ++reads;
    return value;
  });
  metrics.Add(Metrics::Kind::kCounter, "users_done_total", "What is done", [] { return 7; });
  EXPECT_EQ(reads, 0);
  EXPECT_THAT(metrics.Text(), HasSubstr("# HELP users_waiting Who waits\n"
                                        "# TYPE users_waiting gauge\nusers_waiting 1\n"));
  value = 2.5;
  const std::string text = metrics.Text();
  EXPECT_THAT(text, HasSubstr("users_waiting 2.5\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE users_done_total counter\nusers_done_total 7\n"));
  EXPECT_EQ(reads, 2);
}

TEST(Metrics, WritesPrometheusText) {
  Metrics metrics;
  metrics.Add(Metrics::Kind::kGauge, "users_waiting", "Who waits", [] { return 0; });
  std::istringstream lines(metrics.Text());
  std::string line;
  while (std::getline(lines, line)) {
    const bool is_comment = line.starts_with("# HELP users_") || line.starts_with("# TYPE users_");
    EXPECT_TRUE(is_comment || line.starts_with("users_")) << line;
    EXPECT_EQ(line.find('\r'), line.npos);
  }
}

TEST(Metrics, CountsResponsesOfManyThreads) {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        metrics.CountResponse(api::Operation::kUsersProfileGet, 200, microseconds(i));
      }
      EXPECT_FALSE(metrics.Text().empty());
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(metrics.Text(), HasSubstr(Requests("users_profile_get", 200, 4000)));
}

}  // namespace
}  // namespace users::server
