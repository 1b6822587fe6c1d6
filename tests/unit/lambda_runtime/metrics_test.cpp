// Checked against the rules of CloudWatch's embedded metric format (docs.aws.amazon.com,
// "Specification: Embedded metric format").
#include "lambda_runtime/metrics.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <set>

#include "support/embedded_metrics.h"
#include "support/memory_sink.h"

namespace users::testing {
namespace {

using lambda_runtime::EmbeddedMetrics;
using std::chrono::nanoseconds;

class EmbeddedMetricsTest : public ::testing::Test {
 protected:
  MemorySink sink_;
  ManualClock clock_{*ParseTimestamp("2026-01-01T00:00:00.123Z")};
  Log log_{sink_, clock_, LogLevel::kInfo};
};

TEST_F(EmbeddedMetricsTest, WritesMetricsAsMembersNamedByTheDirective) {
  {
    auto line = log_.Info("request");
    EmbeddedMetrics metrics(line, "users_profile_get-staging", clock_.Now());
    metrics.Count("Requests", 1);
    metrics.Milliseconds("Latency", nanoseconds(12'345'678));
    metrics.Count("Errors", 0);
  }
  ASSERT_EQ(sink_.Lines().size(), 1U);
  const auto metrics = ReadEmbeddedMetrics(sink_.Lines()[0]);
  EXPECT_EQ(metrics.ns, "UserManagement");
  EXPECT_EQ(metrics.timestamp, 1767225600123);
  EXPECT_EQ(metrics.dimensions,
            (std::map<std::string, std::string>{{"FunctionName", "users_profile_get-staging"}}));
  EXPECT_EQ(metrics.values,
            (std::map<std::string, double>{{"Requests", 1}, {"Latency", 12.345}, {"Errors", 0}}));
  EXPECT_EQ(metrics.units,
            (std::map<std::string, std::string>{
                {"Requests", "Count"}, {"Latency", "Milliseconds"}, {"Errors", "Count"}}));
}

TEST_F(EmbeddedMetricsTest, WritesTimesWithThreeDecimals) {
  const std::pair<nanoseconds, const char*> times[] = {
      {nanoseconds(0), "\"T\":0.000"},
      {nanoseconds(999), "\"T\":0.000"},
      {nanoseconds(1'000), "\"T\":0.001"},
      {nanoseconds(1'050'000), "\"T\":1.050"},
      {std::chrono::hours(1), "\"T\":3600000.000"}};
  for (const auto& [time, text] : times) {
    {
      auto line = log_.Info("request");
      EmbeddedMetrics(line, "f", clock_.Now()).Milliseconds("T", time);
    }
    EXPECT_NE(sink_.Lines().back().find(text), std::string::npos) << sink_.Lines().back();
  }
}

}  // namespace
}  // namespace users::testing
