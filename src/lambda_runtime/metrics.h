#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/json/json.h"
#include "base/log.h"

namespace users::lambda_runtime {

// Adds metrics to a log line in CloudWatch's embedded metric format (docs.aws.amazon.com,
// "Specification: Embedded metric format"). CloudWatch reads them from the log, so they cost no
// call. Their only dimension is FunctionName, as in Lambda's own metrics. It separates the
// operations and the environments of one account. Not thread-safe.
class EmbeddedMetrics {
 public:
  // The line must outlive this object. The destructor adds the description of the metrics.
  EmbeddedMetrics(Log::Line& line, std::string_view function_name, Timestamp now);
  ~EmbeddedMetrics();
  EmbeddedMetrics(const EmbeddedMetrics&) = delete;
  EmbeddedMetrics& operator=(const EmbeddedMetrics&) = delete;

  // Add one metric.
  void Count(std::string_view name, std::int64_t count);
  void Milliseconds(std::string_view name, std::chrono::nanoseconds time);

 private:
  void Describe(std::string_view name, std::string_view unit);

  Log::Line& line_;
  const Timestamp now_;
  std::string described_;  // a JSON array, which descriptions_ writes
  json::ArrayWriter descriptions_{described_};
};

}  // namespace users::lambda_runtime
