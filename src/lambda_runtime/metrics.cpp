#include "lambda_runtime/metrics.h"

#include <cstdio>

#include "base/json/json.h"

namespace users::lambda_runtime {
namespace {

constexpr std::string_view kNamespace = "UserManagement";

}  // namespace

EmbeddedMetrics::EmbeddedMetrics(Log::Line& line, std::string_view function_name, Timestamp now)
    : line_(line), now_(now) {
  line_.Text("FunctionName", function_name);
}

EmbeddedMetrics::~EmbeddedMetrics() {
  descriptions_.Close();
  std::string metadata;
  json::ObjectWriter outer(metadata);
  outer.Number("Timestamp", now_.time_since_epoch().count());
  json::ArrayWriter directives = outer.Array("CloudWatchMetrics");
  json::ObjectWriter directive = directives.Object();
  directive.String("Namespace", kNamespace);
  directive.Raw("Dimensions", R"([["FunctionName"]])");
  directive.Raw("Metrics", described_);
  directive.Close();
  directives.Close();
  outer.Close();
  line_.Raw("_aws", metadata);
}

void EmbeddedMetrics::Count(std::string_view name, std::int64_t count) {
  line_.Number(name, count);
  Describe(name, "Count");
}

void EmbeddedMetrics::Milliseconds(std::string_view name, std::chrono::nanoseconds time) {
  char text[40];
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  std::snprintf(text, sizeof text, "%lld.%03lld", static_cast<long long>(microseconds / 1000),
                static_cast<long long>(microseconds % 1000));
  line_.Raw(name, text);
  Describe(name, "Milliseconds");
}

void EmbeddedMetrics::Describe(std::string_view name, std::string_view unit) {
  json::ObjectWriter writer = descriptions_.Object();
  writer.String("Name", name);
  writer.String("Unit", unit);
  writer.Close();
}

}  // namespace users::lambda_runtime
