// AdminHandler, and ArnPart of front_door.h.
#include "server/admin.h"

#include <gtest/gtest.h>

#include <string>

#include "server/front_door.h"
#include "support/run_task.h"

namespace users::server {
namespace {

HttpResponse Ask(std::string_view method, std::string_view path, bool healthy = true) {
  const Metrics metrics;
  Health health;
  health.Add("reads", [] { return true; });
  health.Add("writes", [healthy] { return healthy; });
  health.Add("log", [healthy] { return healthy; });
  AdminHandler handler(metrics, health);
  net::RequestHead head;
  head.method = method;
  head.path = path;
  const HttpRequest request{head, "", ""};
  return testing::RunTask(handler.Handle(request));
}

TEST(AdminHandler, NamesEachFailingCheck) {
  for (const char* method : {"GET", "HEAD"}) {
    EXPECT_EQ(Ask(method, "/healthz").status, 200);
    EXPECT_EQ(Ask(method, "/healthz").body, R"({"status":"ok"})");
    EXPECT_EQ(Ask(method, "/healthz", false).status, 503);
    EXPECT_EQ(Ask(method, "/healthz", false).body,
              R"({"status":"unavailable","failing":["writes","log"]})");
  }
}

TEST(AdminHandler, IsAliveEvenIfUnhealthy) {
  for (const bool healthy : {true, false}) {
    EXPECT_EQ(Ask("GET", "/livez", healthy).status, 200);
    EXPECT_EQ(Ask("GET", "/livez", healthy).body, R"({"status":"ok"})");
  }
}

TEST(Health, HasAGaugeForEachCheck) {
  bool passes = true;
  Health health;
  health.Add("reads", [] { return true; });
  health.Add("log", [&passes] { return passes; });
  Metrics metrics;
  health.AddMetrics(metrics);
  EXPECT_NE(metrics.Text().find("users_health{check=\"log\"} 1\n"), std::string::npos);
  passes = false;
  const std::string text = metrics.Text();
  EXPECT_NE(text.find("users_health{check=\"log\"} 0\n"), std::string::npos);
  EXPECT_NE(text.find("users_health{check=\"reads\"} 1\n"), std::string::npos);
  EXPECT_EQ(text.find("# TYPE users_health"), text.rfind("# TYPE users_health"));
}

TEST(AdminHandler, ServesMetricsEvenIfUnhealthy) {
  for (const bool healthy : {true, false}) {
    const HttpResponse response = Ask("GET", "/metrics", healthy);
    EXPECT_EQ(response.status, 200);
    EXPECT_NE(response.headers.find("Content-Type: text/plain; version=0.0.4\r\n"),
              std::string::npos);
    EXPECT_NE(response.body.find("users_requests_total{"), std::string::npos);
  }
}

TEST(AdminHandler, RejectsOtherPathsAndMethods) {
  for (const char* path :
       {"/", "/users", "/healthz/", "/livez/", "/metrics/x", "/Healthz", "*", "/%68ealthz"}) {
    EXPECT_EQ(Ask("GET", path).status, 404) << path;
  }
  for (const char* path : {"/livez", "/healthz", "/metrics"}) {
    for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "get"}) {
      const HttpResponse response = Ask(method, path);
      EXPECT_EQ(response.status, 405) << method;
      EXPECT_NE(response.headers.find("Allow: GET, HEAD\r\n"), std::string::npos);
    }
  }
}

TEST(AdminHandler, DisablesCaching) {
  for (const char* path : {"/healthz", "/metrics", "/other"}) {
    EXPECT_NE(Ask("GET", path).headers.find("Cache-Control: no-store, no-transform\r\n"),
              std::string::npos);
  }
}

TEST(ArnPart, IsEmptyIfThePartIsMissing) {
  const std::string_view arn = "arn:aws:execute-api:us-east-1:000000000000:users/local";
  EXPECT_EQ(ArnPart(arn, 0), "arn");
  EXPECT_EQ(ArnPart(arn, 3), "us-east-1");
  EXPECT_EQ(ArnPart(arn, 4), "000000000000");
  EXPECT_EQ(ArnPart(arn, 5), "users/local");
  EXPECT_EQ(ArnPart(arn, 6), "");
  EXPECT_EQ(ArnPart("", 0), "");
  EXPECT_EQ(ArnPart("", 3), "");
}

}  // namespace
}  // namespace users::server
